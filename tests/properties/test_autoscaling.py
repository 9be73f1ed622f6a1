"""Whatever changes the number of pods at any time, nobody is sent more than ready pods carry."""

import hypothesis.strategies as st
from hypothesis import given, settings

from bertrelease_operator.core.autoscaling import STEADY_SECONDS
from bertrelease_operator.core.observation import WorkloadView
from tests.support.strategies import STRATEGIES
from tests.support.world import World, release_spec

MOST = 9
VERSIONS = ("v1.0.0", "v1.1.0")
# (version, pods, those of them that are ready): an autoscaler that keeps to no bounds, and pods that come and go.
scalings = st.tuples(st.sampled_from(VERSIONS), st.integers(0, 12), st.integers(0, 12))
moments = st.lists(st.lists(scalings, max_size=3), min_size=5, max_size=40)
autoscaling = {"maxReplicas": MOST, "cpuUtilizationPercent": 60}


@settings(max_examples=150)
@given(replicas=st.integers(1, 5), strategy=st.sampled_from(list(STRATEGIES)), moments=moments)
def test_no_decision_routes_more_than_ready_pods_carry(
    replicas: int, strategy: str, moments: list[list[tuple[str, int, int]]]
) -> None:
    """What all of the traffic needs is reckoned here by itself: the most that the stable version had meanwhile."""
    world = World(release_spec(replicas=replicas, strategy=STRATEGIES[strategy], autoscaling=autoscaling))
    world.run(6)
    world.release("v1.1.0")
    needed = 0
    for scaled in moments:
        for version, pods, ready in scaled:
            if version in world.workloads:
                world.workloads[version] = WorkloadView(replicas=pods, ready_endpoints=min(pods, ready))
        observed = world.observation()
        stable = world.workloads.get(world.status.stable or "", WorkloadView()).replicas
        ongoing = world.status.rollout is not None
        needed = max(replicas, min(MOST, max(stable, needed if ongoing else 0)))
        decision = world.reconcile()
        rollout = decision.status.rollout
        if rollout is not None and decision.route is not None and observed.ready(decision.status.stable):
            share = decision.route.weights.get(rollout.version, 0)
            assert 100 * observed.ready(rollout.version) >= share * needed
        for version, bounds in decision.ranges.items():
            assert 1 <= bounds.least <= bounds.most
            assert decision.replicas[version] >= bounds.least
        world.start_pods()
        world.now += 3.0


@settings(max_examples=100)
@given(replicas=st.integers(1, 5), wishes=st.lists(st.integers(1, 12), min_size=5, max_size=60))
def test_autoscalers_that_keep_to_their_bounds_never_leave_the_old_version_short(
    replicas: int, wishes: list[int]
) -> None:
    """Until the new one is no longer observed, going back finds as many pods as all of the traffic had."""
    world = World(release_spec(replicas=replicas, autoscaling=autoscaling))
    world.run(6)
    world.run(STEADY_SECONDS, step=60)
    world.autoscale("v1.0.0", wishes[0])
    world.run(3)
    had = world.workloads["v1.0.0"].replicas
    world.release("v1.1.0")
    world.reconcile()
    for wish in wishes:
        for version in VERSIONS:
            world.autoscale(version, wish)
        world.reconcile()
        world.start_pods()
        world.now += 3.0
        if world.status.rollout is not None or world.status.observation is not None:
            assert world.workloads["v1.0.0"].replicas >= had
