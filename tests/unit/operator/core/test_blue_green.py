"""Blue-green: complete and unseen, one switch, and back in one write."""

from typing import Any

import pytest

from bertrelease_operator.api.status import Phase, RevisionVerdict, RolloutStage, Verdict
from bertrelease_operator.core.observation import EvidenceView
from tests.support.told import verdict
from tests.support.world import BAD, World, serving

NO_DATA = EvidenceView(Verdict.NO_DATA)


def blue_green(**section: Any) -> dict[str, Any]:
    return {
        "kind": "blueGreen",
        "blueGreen": {"holdSeconds": 10, **section},
        "readyDeadlineSeconds": 100,
        "stepDeadlineSeconds": 60,
        "observationSeconds": 200,
    }


def previewing(**section: Any) -> World:
    """v1.0.0 serves, v1.1.0 is in preview."""
    world = serving(strategy=blue_green(**section))
    world.release("v1.1.0")
    world.run(6)
    assert world.status.rollout is not None
    assert world.status.rollout.stage is RolloutStage.STEPPING
    return world


def test_the_candidate_is_complete_and_can_be_previewed_before_it_gets_everything_in_one_switch() -> None:
    world = previewing()
    assert world.workloads["v1.1.0"].replicas == 2
    assert world.preview_version == "v1.1.0"
    assert world.weights == {"v1.0.0": 100}
    assert "in preview" in world.status.message
    world.run(15)
    assert [dict(weights) for _, weights in world.route_history] == [{"v1.0.0": 100}, {"v1.1.0": 100}]
    assert world.preview_version is None


def test_the_preview_begins_only_when_all_pods_are_ready() -> None:
    world = serving(strategy=blue_green())
    world.release("v1.1.0")
    world.reconcile()
    world.workloads["v1.1.0"] = world.workloads["v1.1.0"].__class__(replicas=2, ready_endpoints=1)
    for _ in range(20):
        world.reconcile()
        world.now += 1
    assert world.status.rollout is not None
    assert world.status.rollout.stage is RolloutStage.STARTING


def test_another_kind_of_strategy_during_the_switch_makes_no_proof_of_it() -> None:
    world = previewing()
    world.evidence["v1.1.0"] = EvidenceView(Verdict.PASS)
    while world.status.rollout is not None and world.status.rollout.stage is RolloutStage.STEPPING:
        world.run(1)
    assert world.status.rollout is not None
    assert world.status.rollout.stage is RolloutStage.SWITCHING
    world.evidence["v1.1.0"] = NO_DATA
    world.edit("v1.1.0", strategy={"kind": "canary", "observationSeconds": 200})
    world.run(5)
    assert world.status.stable == "v1.1.0"
    assert verdict(world, "v1.1.0") is RevisionVerdict.CANDIDATE


def test_a_switch_without_requests_is_no_proof_and_serving_well_is() -> None:
    world = previewing()
    world.evidence["v1.1.0"] = EvidenceView(Verdict.PASS)
    world.run(13)
    assert world.status.stable == "v1.1.0"
    assert verdict(world, "v1.1.0") is RevisionVerdict.CANDIDATE
    world.run(15)
    assert verdict(world, "v1.1.0") is RevisionVerdict.PROVEN
    assert world.status.phase is Phase.OBSERVING
    assert world.workloads["v1.0.0"].replicas == 2


def test_a_version_that_fails_its_preview_never_gets_a_request() -> None:
    world = previewing()
    world.evidence["v1.1.0"] = BAD
    world.run(30)
    assert verdict(world, "v1.1.0") is RevisionVerdict.REJECTED
    assert [dict(weights) for _, weights in world.route_history] == [{"v1.0.0": 100}]
    assert world.preview_version is None


def test_a_failure_after_the_switch_is_one_urgent_write_back() -> None:
    world = previewing()
    world.run(20)
    world.evidence["v1.1.0"] = BAD
    decision = world.reconcile(writes=1)
    assert decision.route is not None
    assert decision.route.urgent
    assert world.weights == {"v1.0.0": 100}


@pytest.mark.parametrize("proven", [True, False], ids=["proven", "unproven"])
def test_going_back_by_hand_to_the_version_before_the_switch_moves_the_route_in_the_same_reconcile(
    proven: bool,
) -> None:
    world = previewing()
    if not proven:
        unproven = {"verdict": RevisionVerdict.UNPROVEN}
        view = world.revisions["v1.0.0"]
        world.revisions["v1.0.0"] = view.__class__(
            view.spec, view.status.model_copy(update=unproven), view.uid, view.created_at
        )
    world.evidence["v1.1.0"] = EvidenceView(Verdict.PASS)
    world.run(15)
    world.evidence["v1.1.0"] = NO_DATA
    world.edit("v1.0.0")
    decision = world.reconcile(writes=1)
    assert decision.route is not None
    assert decision.route.urgent
    assert world.weights == {"v1.0.0": 100}
    world.run(30)
    assert world.status.stable == "v1.0.0"


def test_a_preview_that_asks_waits_for_a_person_longer_than_any_deadline() -> None:
    world = previewing(then="ask")
    world.run(500)
    assert world.weights == {"v1.0.0": 100}
    assert world.status.phase is Phase.PAUSED
    assert "waits for `kubectl bert promote`" in world.status.message
    assert [event.reason for event in world.events].count("AwaitingApproval") == 1
    world.order("promote", "v1.1.0")
    world.run(5)
    assert world.weights == {"v1.1.0": 100}


def test_a_version_that_waits_for_a_person_is_still_rejected_when_it_fails() -> None:
    world = previewing(then="ask")
    world.run(30)
    world.evidence["v1.1.0"] = BAD
    world.reconcile()
    assert verdict(world, "v1.1.0") is RevisionVerdict.REJECTED


def test_a_preview_that_no_longer_asks_goes_on_by_itself() -> None:
    world = previewing(then="ask")
    world.run(30)
    world.edit("v1.1.0", strategy=blue_green())
    world.run(5)
    assert world.weights == {"v1.1.0": 100}


def test_undecided_pods_end_the_preview_at_its_deadline() -> None:
    world = previewing()
    world.evidence["v1.1.0"] = EvidenceView(Verdict.INCONCLUSIVE)
    world.run(80)
    assert verdict(world, "v1.1.0") is RevisionVerdict.UNPROVEN
    assert world.weights == {"v1.0.0": 100}
