"""Autoscaling beside a rollout: capacity before share, and nothing shrinks that may be needed."""

from collections.abc import Callable

import pytest

from bertrelease_operator.core.autoscaling import STEADY_SECONDS
from bertrelease_operator.core.decide import decide
from bertrelease_operator.core.decision import ReplicaRange
from bertrelease_operator.core.observation import WorkloadView
from tests.support.world import BAD, World, serving

AUTOSCALING = {"maxReplicas": 10, "cpuUtilizationPercent": 60}


def autoscaled(replicas: int = 2, now: int = 8) -> World:
    """v1.0.0 serves and has been calm for long; its autoscaler has brought it to `now` pods."""
    world = serving(replicas=replicas, autoscaling=AUTOSCALING)
    world.run(STEADY_SECONDS, step=10)
    world.autoscale("v1.0.0", now)
    world.run(3)
    return world


def counts(world: World) -> dict[str, int]:
    return {version: workload.replicas for version, workload in world.workloads.items() if workload.replicas}


def test_between_its_bounds_the_autoscaler_decides() -> None:
    world = autoscaled()
    assert (counts(world), world.ranges) == ({"v1.0.0": 8}, {"v1.0.0": ReplicaRange(2, 10)})
    world.autoscale("v1.0.0", 3)
    world.run(5)
    assert counts(world) == {"v1.0.0": 3}


def test_without_autoscaling_there_are_no_bounds_and_the_number_is_ours() -> None:
    world = serving(replicas=2)
    world._scale("v1.0.0", 5)
    decision = world.reconcile()
    assert (decision.ranges, decision.replicas) == ({}, {"v1.0.0": 2})


def test_what_is_below_the_bounds_is_raised_without_waiting_for_the_autoscaler() -> None:
    world = autoscaled()
    world._scale("v1.0.0", 1)
    assert world.reconcile().replicas == {"v1.0.0": 2}


def test_a_candidate_is_scaled_for_its_share_of_what_the_stable_version_has_now() -> None:
    world = autoscaled(now=8)
    world.release("v1.1.0")
    world.reconcile()
    world.reconcile()
    assert counts(world) == {"v1.0.0": 8, "v1.1.0": 1}  # 10 % of 8
    world.run(8)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    assert counts(world)["v1.1.0"] == 4  # for the next step, 50 %


def test_the_stable_version_keeps_during_a_rollout_what_it_had() -> None:
    world = autoscaled(now=8)
    world.release("v1.1.0")
    world.run(8)
    assert world.ranges["v1.0.0"] == ReplicaRange(8, 10)
    world._scale("v1.0.0", 3)  # by somebody who does not care for bounds
    world.run(1)
    assert counts(world)["v1.0.0"] == 8


def test_a_share_shrinks_when_the_stable_version_grows_and_comes_back_with_the_pods_for_it() -> None:
    world = autoscaled(now=4)
    world.release("v1.1.0")
    world.run(20)
    assert world.weights == {"v1.0.0": 50, "v1.1.0": 50}
    world.workloads["v1.1.0"] = WorkloadView(replicas=4, ready_endpoints=2)
    world.unready.add("v1.1.0")
    world.autoscale("v1.0.0", 8)
    world.reconcile()
    assert world.weights == {"v1.0.0": 75, "v1.1.0": 25}  # 2 of 8
    world.unready.clear()
    world.run(5)
    assert world.weights == {"v1.0.0": 50, "v1.1.0": 50}


def test_the_new_version_is_complete_before_it_gets_everything_and_the_old_one_is_kept_while_it_is_observed() -> None:
    world = autoscaled(now=8)
    world.release("v1.1.0")
    world.run(60)
    assert world.status.stable == "v1.1.0"
    assert counts(world) == {"v1.0.0": 8, "v1.1.0": 8}
    assert world.ranges == dict.fromkeys(("v1.0.0", "v1.1.0"), ReplicaRange(8, 10))


def test_a_version_to_return_to_grows_with_the_one_that_serves() -> None:
    world = autoscaled(now=4)
    world.release("v1.1.0")
    world.run(60)
    world.autoscale("v1.1.0", 9)
    world.run(1)
    assert counts(world) == {"v1.0.0": 9, "v1.1.0": 9}


def test_a_version_that_has_just_got_all_of_the_traffic_is_not_shrunk_for_what_it_had_before() -> None:
    world = autoscaled(now=8)
    world.release("v1.1.0")
    world.run(60)
    world.evidence["v1.1.0"] = BAD
    world.run(30)
    assert world.weights == {"v1.0.0": 100}
    assert world.ranges["v1.0.0"] == ReplicaRange(8, 10)
    world.run(STEADY_SECONDS, step=10)
    assert world.ranges["v1.0.0"] == ReplicaRange(2, 10)


def _a_canary_is_taken_back(world: World) -> None:
    strategy = {"canary": {"steps": [{"weight": 50, "holdSeconds": 3600}]}, "stepDeadlineSeconds": 7200}
    world.release("v1.1.0", strategy=strategy)
    world.run(STEADY_SECONDS + 300, step=5)
    assert world.weights == {"v1.0.0": 50, "v1.1.0": 50}
    world.evidence["v1.1.0"] = BAD


def _a_split_by_hand_ends(world: World) -> None:
    shares = [{"version": "v1.0.0", "weight": 20}, {"version": "v1.1.0", "weight": 80}]
    world.release("v1.1.0", traffic=shares)
    world.run(STEADY_SECONDS + 300, step=5)
    assert world.weights == {"v1.0.0": 20, "v1.1.0": 80}
    world.edit("v1.0.0", traffic=[])


@pytest.mark.parametrize("comes_back", [_a_canary_is_taken_back, _a_split_by_hand_ends])
def test_a_stable_version_that_gets_all_of_the_traffic_back_is_not_shrunk_for_the_share_it_had(
    comes_back: Callable[[World], None],
) -> None:
    world = autoscaled(now=8)
    leasts: list[int] = []
    world.on_decision = lambda _, decision: leasts.append(decision.ranges["v1.0.0"].least)
    comes_back(world)
    world.run(30)
    assert world.weights == {"v1.0.0": 100}
    world.autoscale("v1.0.0", 2)  # by the figures of the time in which it had a share
    world.run(STEADY_SECONDS - 40, step=5)
    assert (set(leasts), counts(world)["v1.0.0"]) == ({8}, 8)
    world.run(60, step=5)
    assert world.ranges["v1.0.0"] == ReplicaRange(2, 10)


def test_the_release_is_looked_at_again_when_a_stable_version_that_got_its_traffic_back_may_be_shrunk() -> None:
    world = autoscaled(now=8)
    _a_canary_is_taken_back(world)
    world.run(30)
    observation = world.observation()
    assert decide(observation, world.now).requeue_at == observation.route_changed_at + STEADY_SECONDS


def test_the_release_is_looked_at_again_when_the_bounds_may_be_wide_again() -> None:
    world = autoscaled(now=4)
    world.release("v1.1.0")
    world.run(400, step=5)
    assert world.status.observation is None
    looks = 0
    while world.ranges["v1.1.0"].least != 2:
        requeue_at = decide(world.observation(), world.now).requeue_at
        assert requeue_at is not None
        world.now = requeue_at
        world.reconcile()
        looks += 1
    assert looks <= 2
    assert decide(world.observation(), world.now).requeue_at is None


def test_a_rejected_version_loses_its_pods_and_its_autoscaler_in_the_end() -> None:
    world = autoscaled(now=4)
    world.release("v1.1.0")
    world.run(8)
    world.evidence["v1.1.0"] = BAD
    world.run(30)
    assert counts(world) == {"v1.0.0": 4}
    assert set(world.ranges) == {"v1.0.0"}


def test_a_release_that_is_turned_off_has_no_autoscaler() -> None:
    world = autoscaled()
    world.edit("v1.0.0", replicas=0)
    world.run(30)
    assert (counts(world), world.ranges) == ({}, {})


def test_an_autoscaler_that_is_taken_away_leaves_the_number_that_the_spec_says() -> None:
    world = autoscaled(now=8)
    world.edit("v1.0.0", autoscaling=None)
    world.run(3)
    assert (counts(world), world.ranges) == ({"v1.0.0": 2}, {})
