"""What a canary can do besides growing: stay with users, be stricter in a step, and end in time."""

from dataclasses import replace
from typing import Any

import pytest

from bertrelease_operator.api.status import RevisionVerdict, Verdict
from bertrelease_operator.core.observation import EvidenceView
from bertrelease_operator.core.steering import Stickiness, catch_up_percent
from tests.support.gates import JUDGE
from tests.support.strategies import STRATEGIES
from tests.support.world import BAD, World, release_spec, serving


def stepping(**changes: Any) -> World:
    """v1.1.0 is at its first step, 10 %."""
    world = started(**changes)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    return world


def started(**changes: Any) -> World:
    """v1.1.0 is at its first step, whatever that is."""
    world = serving(strategy={**STRATEGIES["sticky canary"], **changes})
    world.release("v1.1.0")
    world.run(6)
    return world


def limited(seconds: int) -> dict[str, Any]:
    """A canary that may take that long."""
    return {**STRATEGIES["sticky canary"], "maxDurationSeconds": seconds}


def stickiness(world: World) -> Stickiness | None:
    return world.route.steering.stickiness if world.route is not None else None


def test_users_stay_with_the_version_that_they_were_sent_to_and_are_drawn_again_when_the_weight_grows() -> None:
    world = stepping()
    first = stickiness(world)
    assert first == Stickiness(version="v1.1.0", attempt=1, step=0, catch_up_percent=None, max_age_seconds=86_400)
    world.run(10)
    assert world.weights == {"v1.0.0": 50, "v1.1.0": 50}
    second = stickiness(world)
    assert second is not None
    assert (second.step, second.catch_up_percent) == (1, 44)


@pytest.mark.parametrize(("before", "now"), [(10, 25), (25, 50), (1, 99), (98, 99)])
def test_drawing_again_makes_the_candidates_share_the_new_weight(before: int, now: int) -> None:
    share = before + catch_up_percent(before, now) * (100 - before) / 100
    assert share == pytest.approx(now, abs=0.5)


def test_taking_back_overrides_every_cookie_in_the_same_write() -> None:
    world = stepping()
    world.evidence["v1.1.0"] = BAD
    world.reconcile(writes=1)
    assert stickiness(world) is None
    assert world.weights == {"v1.0.0": 100}


def test_nobody_stays_with_a_version_that_has_lost_pods_that_its_share_needs() -> None:
    world = stepping()
    world.run(10)
    assert world.weights["v1.1.0"] == 50
    world.workloads["v1.1.0"] = replace(world.workloads["v1.1.0"], ready_endpoints=0)
    world.reconcile()
    assert stickiness(world) is None
    assert world.weights == {"v1.0.0": 100}


def test_pods_for_users_who_stay_are_kept_when_an_edit_lowers_the_weight() -> None:
    world = started(canary={"steps": [{"weight": 80, "holdSeconds": 600}], "sticky": {}})
    assert world.workloads["v1.1.0"].replicas == 2
    steps = [{"weight": 10, "holdSeconds": 600}, {"weight": 20, "holdSeconds": 600}]
    world.edit("v1.1.0", strategy={**STRATEGIES["sticky canary"], "canary": {"steps": steps, "sticky": {}}})
    world.run(40)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    assert world.workloads["v1.1.0"].replicas == 2


def test_another_attempt_begins_with_nobody() -> None:
    world = stepping()
    world.order("abort", "v1.1.0")
    world.run(5)
    world.order("retry", "v1.1.0")
    world.run(8)
    again = stickiness(world)
    assert again is not None
    assert again.attempt == 2


def test_a_steps_own_limits_replace_those_of_the_release_and_leave_the_others() -> None:
    limits = {"minimumSample": 7, "errorRate": {"max": 0.1}, "p95LatencyMs": {"enabled": False}}
    steps = {"steps": [{"weight": 10, "holdSeconds": 10, "limits": limits}, {"weight": 50, "holdSeconds": 10}]}
    world = stepping(canary=steps)
    (watch,) = world.watches
    assert watch.health is not None
    assert watch.health.minimum_sample == 7
    assert watch.health.error_rate is not None
    assert watch.health.error_rate.max == 0.1
    assert watch.health.p95_latency_ms is None
    assert watch.health.restarts == world.spec.health.restarts
    world.run(10)
    (watch,) = world.watches
    assert watch.health is None


def test_a_rollout_ends_when_it_has_taken_as_long_as_it_may_although_no_step_was_late() -> None:
    world = stepping(maxDurationSeconds=40, stepDeadlineSeconds=1000)
    world.evidence["v1.1.0"] = EvidenceView(Verdict.INCONCLUSIVE)
    world.run(30)
    assert world.weights["v1.1.0"] == 10
    world.run(10)
    assert world.weights == {"v1.0.0": 100}
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.UNPROVEN
    assert world.status.concluded is not None
    assert world.status.concluded.reason == "MaxDurationExceeded"


def test_the_longest_duration_counts_neither_pauses_nor_outages_of_earlier_steps() -> None:
    world = stepping(maxDurationSeconds=60, stepDeadlineSeconds=1000)
    world.edit("v1.1.0", paused=True)
    world.run(200)
    world.edit("v1.1.0", paused=False)
    world.evidence["v1.1.0"] = EvidenceView(Verdict.SOURCE_DOWN)
    world.run(50)
    world.evidence.clear()
    world.run(3)
    assert world.weights["v1.1.0"] == 50
    assert world.status.rollout is not None
    assert world.status.rollout.uncounted_seconds == pytest.approx(250, abs=3)
    world.run(20)
    assert world.weights == {"v1.1.0": 100}


@pytest.mark.parametrize("point", ["traffic", "eachStep", "promotion"])
@pytest.mark.parametrize("by_hand", [False, True])
def test_the_longest_duration_ends_a_rollout_that_waits_at_a_gate_as_well(point: str, by_hand: bool) -> None:
    world = serving(strategy=limited(100))
    world.release("v1.1.0", gates=[{**JUDGE, "before": [point, "promotion"], "deadlineSeconds": 6000}])
    world.run(40)
    if by_hand:
        world.order("promote", "v1.1.0")
    world.run(55)
    assert world.gate_runs
    world.run(10)
    assert world.weights == {"v1.0.0": 100}
    assert world.revisions["v1.1.0"].status.reason == "MaxDurationExceeded"


def test_the_longest_duration_ends_a_candidate_that_only_waits_for_its_pods() -> None:
    world = serving(strategy=limited(50))
    world.unready.add("v1.1.0")
    world.release("v1.1.0")
    world.run(45)
    assert world.status.rollout is not None
    decision = world.reconcile()
    assert decision.requeue_at == pytest.approx(1_000_300 + 50, abs=1)
    world.run(10)
    assert world.revisions["v1.1.0"].status.reason == "MaxDurationExceeded"


def test_the_first_version_may_take_its_time() -> None:
    world = World(release_spec(strategy=limited(50)), unready={"v1.0.0"})
    world.run(100)
    world.unready.clear()
    world.run(10)
    assert world.weights == {"v1.0.0": 100}


def test_a_step_whose_next_pods_never_come_ends_at_its_deadline() -> None:
    world = serving(replicas=10)
    world.release("v1.1.0")
    world.run(10)
    for _ in range(60):
        world.reconcile()
        world.workloads["v1.1.0"] = replace(world.workloads["v1.1.0"], ready_endpoints=1)
        world.now += 1
    assert world.weights == {"v1.0.0": 100}
    status = world.revisions["v1.1.0"].status
    assert (status.verdict, status.reason) == (RevisionVerdict.UNPROVEN, "StepDeadlineExceeded")
    assert "did not have the 5 ready pods of the next step within 60 s at step 1" in status.message


def test_the_release_is_looked_at_when_the_longest_duration_is_over() -> None:
    world = stepping(maxDurationSeconds=40, stepDeadlineSeconds=1000)
    world.evidence["v1.1.0"] = EvidenceView(Verdict.INCONCLUSIVE)
    world.run(30)
    assert world.status.rollout is not None
    decision = world.reconcile()
    assert decision.requeue_at == pytest.approx(1_000_300 + 40, abs=1)
