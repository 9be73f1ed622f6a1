"""Requests to the operator, against the very decisions that it makes (tests/support/world.py)."""

import pytest

from bertrelease_operator.api.status import Verdict
from bertrelease_operator.cli.errors import CliError
from bertrelease_operator.cli.objects import Release, Revision
from bertrelease_operator.cli.orders import (
    Order,
    came_true,
    consequence,
    version_to_abort,
    version_to_promote,
    version_to_resume,
    version_to_retry,
)
from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.core.commands import Command, Verb, parse_command
from bertrelease_operator.core.observation import EvidenceView
from tests.support.gates import APPROVAL
from tests.support.world import BAD, World, release_spec, serving


def seen(world: World) -> Release:
    """The release as the plugin reads it from this world."""
    return Release("default", "fill-mask", "", world.generation, world.command, world.spec, world.status)


def recorded(world: World) -> list[Revision]:
    return [Revision(to_timestamp(view.created_at), view.spec, view.status) for view in world.revisions.values()]


def carried_out(world: World, verb: Verb, version: str) -> bool:
    """Gives the order to the operator, and says whether the plugin sees that it came true."""
    order = Order(verb, version, "4f2a")
    world.command = str(order)
    world.reconcile()
    assert world.status.handled_command == str(order)
    return came_true(order, seen(world), recorded(world), world.now)


def candidate(seconds: float = 8) -> World:
    world = serving()
    world.release("v1.1.0")
    world.run(seconds)
    return world


def rejected() -> World:
    world = candidate()
    world.evidence["v1.1.0"] = BAD
    world.run(20)
    world.evidence.clear()
    return world


def test_an_order_is_what_the_operator_parses() -> None:
    assert parse_command(str(Order(Verb.RETRY, "v1.1.0", "4f2a"))) == Command(Verb.RETRY, "v1.1.0")


def test_a_candidate_with_traffic_can_be_promoted() -> None:
    world = candidate()
    assert version_to_promote(seen(world)) == "v1.1.0"
    assert carried_out(world, Verb.PROMOTE, "v1.1.0")
    assert consequence(Order(Verb.PROMOTE, "v1.1.0", "x"), seen(world)).startswith("v1.1.0 gets all traffic")
    with pytest.raises(CliError, match=r"v1\.1\.0 is already on its way to 100 %"):
        version_to_promote(seen(world))


def test_a_promotion_waits_for_the_gates_before_it() -> None:
    world = candidate()
    world.edit("v1.1.0", gates=[{**APPROVAL, "before": ["promotion"]}])
    assert carried_out(world, Verb.PROMOTE, "v1.1.0")
    told = consequence(Order(Verb.PROMOTE, "v1.1.0", "x"), seen(world))
    assert told.startswith("v1.1.0 gets all traffic, once it has passed the gates before promotion, and is watched")
    with pytest.raises(CliError, match=r"v1\.1\.0 is already on its way to 100 %"):
        version_to_promote(seen(world))


def test_a_promotion_while_paused_says_what_it_waits_for() -> None:
    world = candidate()
    world.edit("v1.1.0", paused=True)
    assert carried_out(world, Verb.PROMOTE, "v1.1.0")
    told = consequence(Order(Verb.PROMOTE, "v1.1.0", "x"), seen(world))
    assert told == "v1.1.0 gets all traffic when spec.paused is false: kubectl bert resume fill-mask -n default"


def test_a_starting_candidate_cannot_be_promoted_yet() -> None:
    world = candidate(seconds=1)
    with pytest.raises(CliError, match=r"v1\.1\.0 is still starting .* status fill-mask --watch -n default"):
        version_to_promote(seen(world))


def test_without_a_candidate_there_is_nothing_to_promote_and_the_state_is_told() -> None:
    with pytest.raises(CliError, match=r"no candidate to promote: v1\.0\.0 serves"):
        version_to_promote(seen(serving()))


def test_an_order_for_a_version_that_has_moved_on_does_not_come_true() -> None:
    world = candidate()
    assert not carried_out(world, Verb.PROMOTE, "v1.0.9")


def test_a_candidate_can_be_aborted() -> None:
    world = candidate()
    assert version_to_abort(seen(world)) == "v1.1.0"
    assert carried_out(world, Verb.ABORT, "v1.1.0")
    told = consequence(Order(Verb.ABORT, "v1.1.0", "x"), seen(world))
    assert told == "v1.0.0 gets all traffic. To try v1.1.0 again: kubectl bert retry fill-mask v1.1.0 -n default"


def test_a_promoted_version_under_observation_can_be_aborted() -> None:
    world = candidate(seconds=60)
    assert world.status.stable == "v1.1.0"
    assert version_to_abort(seen(world)) == "v1.1.0"
    assert carried_out(world, Verb.ABORT, "v1.1.0")
    assert world.status.stable == "v1.0.0"


def test_the_first_version_cannot_be_aborted_neither_before_nor_after_it_serves() -> None:
    world = World(release_spec())
    world.run(1)
    with pytest.raises(CliError, match=r"v1\.0\.0 is the first version: there is nothing to go back to"):
        version_to_abort(seen(world))
    world.run(20)
    with pytest.raises(CliError, match=r"v1\.0\.0 cannot be taken back: no version before it"):
        version_to_abort(seen(world))


def test_with_nothing_under_way_there_is_nothing_to_abort() -> None:
    with pytest.raises(CliError, match=r"nothing to abort: v1\.0\.0 serves"):
        version_to_abort(seen(serving()))


def test_the_version_that_was_taken_back_is_the_one_to_retry() -> None:
    world = rejected()
    assert version_to_retry(seen(world), recorded(world), None) == "v1.1.0"
    assert carried_out(world, Verb.RETRY, "v1.1.0")
    told = consequence(Order(Verb.RETRY, "v1.1.0", "x"), seen(world))
    assert told == "v1.1.0 starts again. Follow it: kubectl bert status fill-mask --watch -n default"
    with pytest.raises(CliError, match=r"v1\.1\.0 is on its way already"):
        version_to_retry(seen(world), recorded(world), "v1.1.0")


def test_a_rejected_version_that_is_not_asked_for_is_only_set_free() -> None:
    world = rejected()
    world.edit("v1.0.0", model={"name": "bert-v1.0.0"})
    world.run(5)
    assert version_to_retry(seen(world), recorded(world), "v1.1.0") == "v1.1.0"
    assert carried_out(world, Verb.RETRY, "v1.1.0")
    told = consequence(Order(Verb.RETRY, "v1.1.0", "x"), seen(world))
    assert told.startswith("v1.1.0 may be tried again; it starts when spec.version is v1.1.0: kubectl edit")


def test_a_retry_while_paused_says_what_it_waits_for() -> None:
    world = rejected()
    world.edit("v1.1.0", model={"name": "bert-v1.1.0"}, paused=True)
    assert carried_out(world, Verb.RETRY, "v1.1.0")
    told = consequence(Order(Verb.RETRY, "v1.1.0", "x"), seen(world))
    assert told == "v1.1.0 starts when spec.paused is false: kubectl bert resume fill-mask -n default"


def test_only_what_was_turned_down_can_be_retried() -> None:
    world = serving()
    with pytest.raises(CliError, match=r"v1\.0\.0 is Proven and was not turned down"):
        version_to_retry(seen(world), recorded(world), None)
    with pytest.raises(CliError, match=r"v9\.9\.9 has no record to retry; recorded versions: v1\.0\.0"):
        version_to_retry(seen(world), recorded(world), "v9.9.9")
    with pytest.raises(CliError, match="there is nothing to retry"):
        version_to_retry(seen(World(release_spec())), [], None)


def test_a_release_that_waits_after_a_long_outage_can_be_resumed() -> None:
    world = candidate()
    assert version_to_resume(seen(world), world.now) is None
    world.evidence["v1.1.0"] = EvidenceView(Verdict.SOURCE_DOWN)
    world.run(130)
    assert version_to_resume(seen(world), world.now) == "v1.1.0"
    world.evidence.clear()
    assert carried_out(world, Verb.RESUME, "v1.1.0")
    assert consequence(Order(Verb.RESUME, "v1.1.0", "x"), seen(world)) == "v1.1.0 is judged anew at its step."
