"""A person's own weights: followed as far as pods and figures allow."""

from dataclasses import replace

import pytest

from bertrelease_operator.api.status import Phase, RevisionVerdict, Verdict
from bertrelease_operator.core.gates.contract import GateResult
from bertrelease_operator.core.observation import EvidenceView
from tests.support.gates import APPROVAL, JUDGE
from tests.support.world import BAD, World, release_spec, serving


def split(world: World, **weights: int) -> None:
    """`v1_0_0=90` for v1.0.0 90 %."""
    shares = [{"version": name.replace("_", "."), "weight": weight} for name, weight in weights.items()]
    world.edit(world.spec.version, traffic=shares)


def ready_condition(world: World) -> str:
    return next(condition.status.value for condition in world.status.conditions if condition.type == "Ready")


def three_versions() -> World:
    """v1.0.0 serves, v1.1.0 and v1.2.0 have shares by hand."""
    world = serving(replicas=4)
    world.release("v1.1.0", paused=True)
    world.reconcile()
    world.release("v1.2.0")
    world.reconcile()
    split(world, v1_0_0=50, v1_1_0=30, v1_2_0=20)
    world.run(6)
    assert world.weights == {"v1.0.0": 50, "v1.1.0": 30, "v1.2.0": 20}
    return world


def test_each_version_gets_what_the_person_wrote_and_the_pods_for_it() -> None:
    world = three_versions()
    assert {version: workload.replicas for version, workload in world.workloads.items()} == {
        "v1.0.0": 4,
        "v1.1.0": 2,
        "v1.2.0": 1,
    }
    assert world.status.stable == "v1.0.0"
    assert world.status.rollout is None
    assert "as spec.traffic says" in world.status.message
    assert ready_condition(world) == "True"


def test_weights_come_after_the_pods_and_the_stable_version_has_the_rest_until_then() -> None:
    world = serving(replicas=4)
    world.unready.add("v1.1.0")
    world.release("v1.1.0", traffic=[{"version": "v1.0.0", "weight": 60}, {"version": "v1.1.0", "weight": 40}])
    world.run(10)
    assert world.weights == {"v1.0.0": 100}
    world.unready.clear()
    world.run(3)
    assert world.weights == {"v1.0.0": 60, "v1.1.0": 40}


def test_a_version_that_fails_loses_its_share_to_the_stable_one_at_once_and_the_others_keep_theirs() -> None:
    world = three_versions()
    world.evidence["v1.1.0"] = BAD
    decision = world.reconcile(writes=1)
    assert decision.route is not None
    assert decision.route.urgent
    assert world.weights == {"v1.0.0": 80, "v1.2.0": 20}
    world.evidence.clear()
    world.run(60)
    assert world.weights == {"v1.0.0": 80, "v1.2.0": 20}
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED
    assert "v1.1.0 was rejected" in world.status.message
    assert ready_condition(world) == "False"


def test_a_version_that_loses_its_pods_loses_its_share_until_they_are_back() -> None:
    world = three_versions()
    world.workloads["v1.2.0"] = replace(world.workloads["v1.2.0"], ready_endpoints=0)
    decision = world.reconcile()
    assert decision.route is not None
    assert decision.route.urgent
    assert world.weights == {"v1.0.0": 70, "v1.1.0": 30}
    world.run(5)
    assert world.weights == {"v1.0.0": 50, "v1.1.0": 30, "v1.2.0": 20}


def test_without_a_ready_stable_pod_the_others_share_everything() -> None:
    world = three_versions()
    world.workloads["v1.0.0"] = replace(world.workloads["v1.0.0"], ready_endpoints=0)
    world.reconcile()
    assert world.weights == {"v1.1.0": 80, "v1.2.0": 20}


def test_undecided_figures_and_a_source_that_is_down_change_nothing() -> None:
    world = three_versions()
    world.evidence["v1.1.0"] = EvidenceView(Verdict.SOURCE_DOWN)
    world.evidence["v1.2.0"] = EvidenceView(Verdict.INCONCLUSIVE)
    world.run(2000, step=10)
    assert world.weights == {"v1.0.0": 50, "v1.1.0": 30, "v1.2.0": 20}
    assert world.status.phase is Phase.OBSERVING


def test_each_version_is_watched_against_the_stable_one() -> None:
    watches = three_versions().watches
    assert {(watch.subject, watch.baseline) for watch in watches} == {("v1.1.0", "v1.0.0"), ("v1.2.0", "v1.0.0")}


def test_a_version_that_was_never_deployed_gets_nothing_and_the_status_says_so() -> None:
    world = serving()
    split(world, v1_0_0=50, v9_9_9=50)
    world.run(3)
    assert world.weights == {"v1.0.0": 100}
    assert "v9.9.9, never deployed" in world.status.message


def test_a_rollout_under_way_ends_where_a_person_takes_over_and_starts_when_the_weights_are_gone() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(6)
    assert world.weights["v1.1.0"] == 10
    split(world, v1_0_0=70, v1_1_0=30)
    world.run(6)
    assert world.status.rollout is None
    assert world.weights == {"v1.0.0": 70, "v1.1.0": 30}
    world.edit("v1.1.0", traffic=[])
    world.run(60)
    assert world.weights == {"v1.1.0": 100}
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.PROVEN


def test_a_rejection_that_only_the_route_remembers_survives_weights_by_hand() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(6)
    world.evidence["v1.1.0"] = BAD
    world.reconcile(writes=1)
    world.evidence.clear()
    split(world, v1_0_0=50, v1_1_0=50)
    world.run(20)
    assert world.weights == {"v1.0.0": 100}
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED


def test_the_first_version_comes_up_before_any_weights_hold() -> None:
    world = serving(traffic=[{"version": "v1.0.0", "weight": 100}])
    assert world.weights == {"v1.0.0": 100}
    assert world.status.stable == "v1.0.0"


def test_a_person_who_takes_a_share_away_is_no_rescue_and_leaves_the_mesh_no_quiet() -> None:
    world = three_versions()
    split(world, v1_0_0=90, v1_1_0=5, v1_2_0=5)
    decision = world.reconcile()
    assert decision.route is not None
    assert not decision.route.urgent
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 5, "v1.2.0": 5}


def test_when_nobody_of_the_list_is_ready_a_proven_version_takes_over_and_keeps_its_pods() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(300)
    world.unready |= {"v1.1.0"}
    world.edit("v1.1.0", traffic=[{"version": "v1.1.0", "weight": 100}])
    world.start_pods()
    decision = world.reconcile()
    assert decision.route is not None
    assert decision.route.urgent
    assert world.weights == {"v1.0.0": 100}
    world.run(60)
    assert world.workloads["v1.0.0"].replicas == 2


def test_a_version_that_has_not_passed_its_gates_gets_nothing_by_hand() -> None:
    world = serving(replicas=4)
    world.edit("v1.0.0", gates=[JUDGE])
    world.gate_results["judge"] = GateResult(Verdict.PASS, "Good.")
    world.release("v1.1.0")
    world.run(10)
    del world.gate_results["judge"]
    world.release("v1.2.0")
    world.run(10)
    split(world, v1_0_0=50, v1_1_0=30, v1_2_0=20)
    world.run(6)
    assert world.weights == {"v1.0.0": 70, "v1.1.0": 30}
    assert "v1.2.0 has not passed its gates before traffic" in world.status.message
    assert ready_condition(world) == "False"


def promoted_and_split() -> World:
    """v1.1.0 was promoted over v1.0.0 and is still observed; a person has given v1.0.0 a share again."""
    strategy = {**release_spec().strategy.model_dump(by_alias=True), "observationSeconds": 5000}
    world = serving()
    world.release("v1.1.0", strategy=strategy)
    world.run(60)
    split(world, v1_1_0=80, v1_0_0=20)
    world.run(3)
    assert world.weights == {"v1.1.0": 80, "v1.0.0": 20}
    return world


@pytest.mark.parametrize("writes", [None, 1])
def test_a_version_that_was_rejected_by_hand_is_no_way_back_for_the_one_promoted_over_it(writes: int | None) -> None:
    world = promoted_and_split()
    world.evidence["v1.0.0"] = BAD
    world.reconcile(writes=writes)  # also if the operator is killed after the route was written
    world.evidence = {"v1.1.0": BAD}
    world.run(20)
    assert world.revisions["v1.0.0"].status.verdict is RevisionVerdict.REJECTED
    assert (world.weights, world.status.stable) == ({"v1.1.0": 100}, "v1.1.0")
    assert world.status.observation is not None
    assert world.status.observation.previous is None
    world.run(60)
    assert world.workloads["v1.0.0"].replicas == 0


def test_a_person_who_aborts_is_not_led_to_the_version_that_is_rejected_in_the_same_moment() -> None:
    world = promoted_and_split()
    world.evidence["v1.0.0"] = BAD
    world.order("abort", "v1.1.0")
    world.run(5)
    assert (world.weights, world.status.stable) == ({"v1.1.0": 100}, "v1.1.0")


def test_gates_that_an_earlier_attempt_passed_let_nothing_through_by_hand() -> None:
    world = serving()
    world.edit("v1.0.0", gates=[JUDGE])
    world.gate_results["judge"] = GateResult(Verdict.PASS, "Good.")
    world.release("v1.1.0")
    world.run(10)
    del world.gate_results["judge"]
    world.order("abort", "v1.1.0")
    world.run(10)
    world.order("retry", "v1.1.0")
    world.run(1)
    split(world, v1_0_0=50, v1_1_0=50)
    world.run(20)
    assert world.weights == {"v1.0.0": 100}


def test_a_gate_of_another_kind_is_another_gate_by_hand_too() -> None:
    world = serving()
    world.edit("v1.0.0", gates=[JUDGE])
    world.gate_results["judge"] = GateResult(Verdict.PASS, "Good.")
    world.release("v1.1.0")
    world.run(10)
    world.edit("v1.1.0", gates=[{**APPROVAL, "name": "judge"}])
    split(world, v1_0_0=50, v1_1_0=50)
    world.run(20)
    assert world.weights == {"v1.0.0": 100}
