"""The reason that is written with a rollback, from which a restarted operator learns why it was made."""

from dataclasses import replace

import pytest

from bertrelease_operator.api.status import RevisionVerdict
from tests.support.world import BAD, World, serving

FAILED = ("ErrorRateFailed", "v1.1.0 was taken back: 20 of 100 requests failed.")


def stepping() -> World:
    """v1.1.0 has some of the traffic."""
    world = serving()
    world.release("v1.1.0")
    world.run(8)
    assert world.weights["v1.1.0"]
    return world


def by_hand(*versions: str) -> World:
    """Each of `versions` has a tenth of the traffic by a person's weights."""
    world = serving()
    for version in versions:
        world.release(version, paused=True)
        world.reconcile()
    shares = [{"version": version, "weight": 10} for version in versions]
    rest = {"version": "v1.0.0", "weight": 100 - 10 * len(versions)}
    world.edit(versions[-1], traffic=[rest, *shares])
    world.run(6)
    assert set(world.weights) == {"v1.0.0", *versions}
    return world


def told(world: World) -> tuple[str, str]:
    assert world.route is not None
    assert world.route.note is not None
    return world.route.note.reason, world.route.note.message


def latched(world: World, version: str = "v1.1.0") -> tuple[str, str]:
    """What the next operator, which has gathered nothing yet, says of a version after a kill right after the route."""
    world.evidence.clear()
    world.watches = ()
    world.run(3)
    status = world.revisions[version].status
    assert status.verdict is RevisionVerdict.REJECTED
    return status.reason, status.message


@pytest.mark.parametrize("order", ["promote v1.1.0 late", "resume v1.1.0 late", "nonsense"])
def test_a_command_that_comes_too_late_does_not_replace_the_reason_of_a_rollback(order: str) -> None:
    world = stepping()
    world.evidence["v1.1.0"] = BAD
    world.command = order
    world.reconcile(writes=1)
    assert told(world) == FAILED
    assert latched(world) == FAILED


def test_another_version_that_loses_its_pods_does_not_replace_the_reason_of_a_rollback() -> None:
    world = by_hand("v1.1.0", "v1.2.0")
    world.evidence["v1.1.0"] = BAD
    world.workloads["v1.2.0"] = replace(world.workloads["v1.2.0"], ready_endpoints=0)
    world.reconcile(writes=1)
    assert world.weights == {"v1.0.0": 100}
    assert told(world) == FAILED
    assert latched(world) == FAILED


def test_of_two_versions_rejected_at_once_the_note_names_one_with_its_own_reason() -> None:
    world = by_hand("v1.1.0", "v1.2.0")
    world.evidence = {"v1.1.0": BAD, "v1.2.0": BAD}
    world.reconcile(writes=1)
    assert world.route is not None
    assert world.route.note is not None
    rejected = world.route.note.rejected
    assert rejected is not None
    assert told(world) == (FAILED[0], FAILED[1].replace("v1.1.0", rejected))
    assert latched(world, rejected) == told(world)


def test_a_promoted_version_that_is_taken_back_keeps_its_reason_whatever_a_person_asks_for() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(60)
    assert world.status.observation is not None
    world.evidence["v1.1.0"] = BAD
    world.order("promote", "v1.1.0")
    world.reconcile(writes=1)
    assert world.weights == {"v1.0.0": 100}
    assert told(world) == FAILED
    assert latched(world) == FAILED
