"""What people are told, when, and for how long it stands in the status."""

import pytest

from bertrelease_operator.api.notifications import NoticeKind
from bertrelease_operator.api.status import NoticeStatus, Phase, RevisionVerdict, Verdict
from bertrelease_operator.core.gates.contract import GateResult
from bertrelease_operator.core.notices import MOST_PENDING, headline
from tests.support.gates import GATES, JUDGE
from tests.support.strategies import STRATEGIES
from tests.support.world import BAD, World, release_spec, serving

OPS: dict[str, object] = {"name": "ops", "kind": "webhook", "url": "http://ops.example.org/hook"}


def told_world(*receivers: dict[str, object]) -> World:
    """v1.0.0 serves, and what there was to be told of it is told."""
    world = serving(notifications=[*receivers] or [OPS])
    tell_all(world)
    return world


def tell_all(world: World) -> list[tuple[str, str]]:
    """The receivers get what stands in the status; kinds and versions in order."""
    notices = world.status.notices
    world.told = {(notice.id, name) for notice in notices for name in notice.receivers}
    world.reconcile()
    return [(notice.event.value, notice.version) for notice in notices]


def test_the_first_version_is_told_of_when_it_starts_and_when_it_serves() -> None:
    world = serving(notifications=[OPS])
    assert tell_all(world) == [("Started", "v1.0.0"), ("Promoted", "v1.0.0")]


def test_a_promotion_is_told_from_its_start_to_its_end() -> None:
    world = told_world()
    world.release("v1.1.0")
    world.run(60)
    assert tell_all(world) == [("Started", "v1.1.0"), ("Promoted", "v1.1.0")]


def test_a_rollback_is_told_with_its_reason_and_the_model() -> None:
    world = told_world()
    world.release("v1.1.0")
    world.run(8)
    world.evidence["v1.1.0"] = BAD
    world.run(5)
    notice = world.status.notices[-1]
    assert (notice.event, notice.version, notice.model) == (NoticeKind.ROLLED_BACK, "v1.1.0", "bert-v1.1.0")
    assert "20 of 100 requests failed" in notice.message
    assert headline(notice) == "v1.1.0 was rolled back"


def test_a_version_that_serves_again_after_another_was_taken_back_is_not_told_as_promoted() -> None:
    world = told_world()
    world.release("v1.1.0")
    world.run(60)
    tell_all(world)
    world.evidence["v1.1.0"] = BAD
    world.run(5)
    assert tell_all(world) == [("RolledBack", "v1.1.0")]
    world.edit("v1.0.0")
    world.run(5)
    assert tell_all(world) == []


def test_going_back_by_an_edit_is_told_when_it_is_done() -> None:
    world = told_world()
    world.release("v1.1.0")
    world.run(300)
    tell_all(world)
    world.edit("v1.0.0")
    world.run(5)
    assert tell_all(world) == [("Promoted", "v1.0.0")]


def test_a_pause_is_told_once_and_again_only_after_it_was_over() -> None:
    world = told_world()
    world.release("v1.1.0")
    world.run(8)
    world.edit("v1.1.0", paused=True)
    world.run(20)
    assert tell_all(world) == [("Started", "v1.1.0"), ("Paused", "v1.1.0")]
    world.run(20)
    world.edit("v1.1.0", paused=False)
    world.run(2)
    assert tell_all(world) == []
    world.edit("v1.1.0", paused=True)
    world.run(2)
    assert tell_all(world) == [("Paused", "v1.1.0")]


CLOSED = {
    "name": "hours",
    "kind": "window",
    "before": ["traffic"],
    "window": {"days": ["Monday"], "hours": [{"start": "03:00", "end": "03:01"}]},
}


def test_a_first_version_that_waits_for_a_window_is_told_as_paused_and_as_serving_when_it_does() -> None:
    world = World(release_spec(notifications=[OPS], gates=[CLOSED]))
    world.run(30)
    assert world.status.phase is Phase.PAUSED
    assert world.status.message.startswith("v1.0.0 is at gate hours before traffic: Inconclusive. Opens on ")
    assert tell_all(world) == [("Started", "v1.0.0"), ("Paused", "v1.0.0")]
    world.edit("v1.0.0", gates=[])
    world.run(30)
    assert tell_all(world) == [("Promoted", "v1.0.0")]


def test_a_first_version_that_a_pause_keeps_from_starting_is_told_as_paused() -> None:
    world = World(release_spec(notifications=[OPS], paused=True))
    world.run(30)
    assert (world.status.phase, world.status.message) == (
        Phase.PAUSED,
        "Nothing serves yet; v1.0.0 starts when spec.paused is false.",
    )
    assert tell_all(world) == [("Paused", "v1.0.0")]
    world.edit("v1.0.0", paused=False)
    world.run(30)
    assert tell_all(world) == [("Started", "v1.0.0"), ("Promoted", "v1.0.0")]


def test_a_first_version_that_was_turned_down_is_not_told_as_paused() -> None:
    world = World(release_spec(notifications=[OPS], gates=[JUDGE]))
    world.run(10)
    world.gate_results["judge"] = GateResult(verdict=Verdict.FAIL, message="no")
    world.run(5)
    world.edit("v1.0.0", paused=True)
    world.run(5)
    assert world.status.phase is Phase.PENDING
    assert tell_all(world) == [("Started", "v1.0.0"), ("RolledBack", "v1.0.0")]


def test_a_version_that_waits_for_a_person_needs_approval_and_is_not_told_as_paused() -> None:
    world = serving(notifications=[OPS], strategy=STRATEGIES["blue-green that asks"])
    tell_all(world)
    world.release("v1.1.0")
    world.run(60)
    assert tell_all(world) == [("Started", "v1.1.0"), ("NeedsApproval", "v1.1.0")]


def test_an_approval_before_the_first_request_is_asked_for_once() -> None:
    world = serving(notifications=[OPS])
    tell_all(world)
    world.release("v1.1.0", gates=GATES["approval"])
    world.run(10)
    assert tell_all(world) == [("Started", "v1.1.0"), ("NeedsApproval", "v1.1.0")]
    world.approve("v1.1.0", attempt=1, gate="yes")
    world.run(60)
    assert tell_all(world) == [("Promoted", "v1.1.0")]


def test_a_version_rejected_under_weights_by_hand_is_told_as_well() -> None:
    world = told_world()
    world.release("v1.1.0", traffic=[{"version": "v1.0.0", "weight": 60}, {"version": "v1.1.0", "weight": 40}])
    world.run(10)
    world.evidence["v1.1.0"] = BAD
    world.run(5)
    assert tell_all(world) == [("RolledBack", "v1.1.0")]


def test_a_version_rejected_under_weights_by_hand_is_told_although_its_rollout_had_ended_before() -> None:
    world = told_world()
    world.release("v1.1.0")
    world.run(8)
    world.order("abort", "v1.1.0")
    world.run(30)
    assert tell_all(world) == [("Started", "v1.1.0"), ("RolledBack", "v1.1.0")]
    world.edit("v1.1.0", traffic=[{"version": "v1.0.0", "weight": 60}, {"version": "v1.1.0", "weight": 40}])
    world.run(10)
    assert world.status.concluded is not None
    world.evidence["v1.1.0"] = BAD
    world.run(5)
    assert tell_all(world) == [("RolledBack", "v1.1.0")]


def test_two_versions_rejected_under_weights_by_hand_are_told_though_the_status_comes_late() -> None:
    world = told_world()
    for version in ("v1.1.0", "v1.2.0"):
        world.release(version, paused=True)
        world.reconcile()
    split = [{"version": name, "weight": weight} for name, weight in (("v1.0.0", 60), ("v1.1.0", 20), ("v1.2.0", 20))]
    world.edit("v1.2.0", traffic=split, paused=False)
    world.run(10)
    tell_all(world)
    world.evidence |= {"v1.1.0": BAD, "v1.2.0": BAD}
    world.reconcile(writes=3)  # the route and both verdicts
    assert world.status.notices == []
    world.run(3)
    assert tell_all(world) == [("RolledBack", "v1.1.0"), ("RolledBack", "v1.2.0")]
    world.run(20)
    assert tell_all(world) == []


@pytest.mark.parametrize("writes", [1, 2])
def test_a_rejection_stands_and_is_told_though_another_version_is_asked_for_before_its_status_is_written(
    writes: int,
) -> None:
    world = told_world()
    world.release("v1.1.0")
    world.run(8)
    tell_all(world)
    world.evidence["v1.1.0"] = BAD
    world.reconcile(writes=writes)  # the route, and the verdict
    world.evidence.clear()
    world.edit("v1.0.0")
    world.run(3)
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED
    assert tell_all(world) == [("RolledBack", "v1.1.0")]
    assert [event.reason for event in world.events].count("ErrorRateFailed") == 1
    world.edit("v1.1.0")
    world.run(20)
    assert world.weights == {"v1.0.0": 100}


def test_a_rejection_from_before_is_not_told_again_where_the_status_does_not_name_it_yet() -> None:
    """As after an upgrade of the operator."""
    world = told_world()
    world.release("v1.1.0")
    world.run(8)
    world.evidence["v1.1.0"] = BAD
    world.run(5)
    tell_all(world)
    world.status = world.status.model_copy(update={"rejected": None})
    before = len(world.events)
    for version in ("v1.1.0", "v1.0.0"):
        world.edit(version, traffic=[{"version": "v1.0.0", "weight": 60}, {"version": "v1.1.0", "weight": 40}])
        world.run(5)
    assert tell_all(world) == []
    assert [event.reason for event in world.events[before:]] == []
    assert world.status.rejected == {"v1.1.0": 1}


def test_a_version_that_is_rejected_at_each_attempt_is_told_each_time() -> None:
    world = told_world()
    world.release("v1.1.0", traffic=[{"version": "v1.0.0", "weight": 60}, {"version": "v1.1.0", "weight": 40}])
    world.run(10)
    for _ in range(2):
        world.evidence["v1.1.0"] = BAD
        world.run(5)
        assert tell_all(world) == [("RolledBack", "v1.1.0")]
        world.evidence.clear()
        world.order("retry", "v1.1.0")
        world.run(10)
        assert world.weights == {"v1.0.0": 60, "v1.1.0": 40}
        assert world.status.rejected == {}


def test_each_receiver_is_told_of_what_it_asked_for() -> None:
    world = told_world(OPS, {**OPS, "name": "audit", "events": ["Promoted"]})
    world.release("v1.1.0")
    world.run(60)
    assert [(notice.event.value, notice.receivers) for notice in world.status.notices] == [
        ("Started", ["ops"]),
        ("Promoted", ["ops", "audit"]),
    ]


def test_a_notice_stands_until_every_receiver_has_it_with_the_same_id() -> None:
    world = told_world(OPS, {**OPS, "name": "audit"})
    world.release("v1.1.0")
    world.run(2)
    (started,) = world.status.notices
    world.told = {(started.id, "ops")}
    world.reconcile()
    assert world.status.notices == [started.model_copy(update={"receivers": ["audit"]})]
    world.told = {(started.id, "audit")}
    world.reconcile()
    assert world.status.notices == []


def test_the_same_change_twice_at_one_moment_is_two_notices() -> None:
    world = told_world()
    for version in ("v1.1.0", "v1.0.0", "v1.1.0"):
        world.release(version)
        world.reconcile()
        world.reconcile()
    first, second = (notice for notice in world.status.notices if notice.event is NoticeKind.STARTED)
    assert second.id == f"{first.id}/2"


def test_nobody_is_told_where_nobody_is_named_and_a_receiver_that_is_gone_is_dropped() -> None:
    world = serving()
    assert world.status.notices == []
    world = told_world()
    world.release("v1.1.0")
    world.run(2)
    assert world.status.notices
    world.edit("v1.1.0", notifications=[])
    world.reconcile()
    assert world.status.notices == []


def test_a_receiver_that_is_away_for_long_does_not_make_the_status_grow() -> None:
    world = told_world()
    world.unready.add("v1.1.0")
    world.release("v1.1.0")
    world.run(2)
    for paused in [True, False] * 20:
        world.edit("v1.1.0", paused=paused)
        world.run(2)
    assert len(world.status.notices) == MOST_PENDING


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_kind_has_a_headline(kind: NoticeKind) -> None:
    notice = NoticeStatus(id="1", event=kind, version="v1.0.0", at="2026-01-01T00:00:00.000000Z")
    assert headline(notice).startswith("v1.0.0 ")
