"""Mirroring: copies first, users later or all at once."""

from dataclasses import replace
from typing import Any

import pytest

from bertrelease_operator.api.status import CheckStatus, RevisionVerdict, Verdict
from bertrelease_operator.core.observation import EvidenceView
from bertrelease_operator.core.steering import NO_STEERING, Mirroring
from bertrelease_operator.core.timing import DRAIN_SECONDS
from tests.support.strategies import STRATEGIES
from tests.support.world import BAD, World, serving


def mirroring(strategy: str = "mirror, then canary", **changes: Any) -> World:
    """v1.0.0 serves, v1.1.0 gets copies."""
    world = serving(strategy={**STRATEGIES[strategy], **changes})
    world.release("v1.1.0")
    world.run(6)
    assert mirror_of(world) is not None
    return world


def mirror_of(world: World) -> Mirroring | None:
    return world.route.steering.mirroring if world.route is not None else None


def test_the_candidate_gets_copies_alone_and_then_the_canarys_steps() -> None:
    world = mirroring()
    assert world.weights == {"v1.0.0": 100}
    assert mirror_of(world) == Mirroring(version="v1.1.0", percent=50)
    assert world.status.weights.observed == {}
    assert "by copies of 50 % of the requests" in world.status.message
    world.run(60)
    assert [dict(weights) for _, weights in world.route_history] == [
        {"v1.0.0": 100},
        {"v1.0.0": 90, "v1.1.0": 10},
        {"v1.0.0": 50, "v1.1.0": 50},
        {"v1.1.0": 100},
    ]
    assert mirror_of(world) is None


def pods_by_second(world: World, seconds: int) -> dict[float, int]:
    """Those of v1.1.0 by the time."""
    counts: dict[float, int] = {}
    for _ in range(seconds):
        world.run(1)
        counts[world.now] = world.workloads["v1.1.0"].replicas
    return counts


@pytest.mark.parametrize("edited", [False, True])
def test_pods_for_the_copies_go_only_when_no_proxy_sends_copies_any_more(edited: bool) -> None:
    mirror = {"percent": 100, "holdSeconds": 30}
    canary = {"steps": [{"weight": 5, "holdSeconds": 60}, {"weight": 10, "holdSeconds": 10}]}
    world = serving(replicas=10)
    world.release("v1.1.0", strategy={"kind": "mirror", "mirror": mirror, "canary": canary})
    world.run(8)
    assert mirror_of(world) is not None
    if edited:
        world.edit("v1.1.0", strategy={"kind": "canary", "canary": canary})
    counts = pods_by_second(world, 60)
    moved_at = next(at for at, weights in world.route_history if weights.get("v1.1.0") == 5)
    assert {pods for at, pods in counts.items() if at < moved_at + DRAIN_SECONDS} == {10}
    assert counts[world.now] == 1
    assert world.weights == {"v1.0.0": 95, "v1.1.0": 5}


def test_the_same_requests_are_answered_by_both_only_while_there_are_copies() -> None:
    world = mirroring()
    assert [watch.gets_copies for watch in world.watches if watch.subject == "v1.1.0"] == [True]
    world.run(13)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    assert [watch.gets_copies for watch in world.watches if watch.subject == "v1.1.0"] == [False]


def test_answers_that_drift_take_the_candidate_back_before_any_user_sees_it() -> None:
    world = mirroring()
    drift = CheckStatus(name="prediction-drift", verdict=Verdict.FAIL, message="0 of 10 answers are the same")
    world.evidence["v1.1.0"] = EvidenceView(Verdict.FAIL, (drift,))
    world.run(5)
    assert world.status.concluded is not None
    assert world.status.concluded.reason.startswith("PredictionDrift")
    assert [dict(weights) for _, weights in world.route_history] == [{"v1.0.0": 100}]


def test_copies_are_proof_enough_to_switch() -> None:
    world = mirroring("mirror, then all")
    world.run(20)
    assert [dict(weights) for _, weights in world.route_history] == [{"v1.0.0": 100}, {"v1.1.0": 100}]
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.PROVEN


def test_whoever_is_asked_and_says_yes_does_not_take_the_proof_away() -> None:
    world = mirroring("mirror that asks")
    world.run(100)
    assert world.weights == {"v1.0.0": 100}
    world.order("promote", "v1.1.0")
    world.run(5)
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.PROVEN


def test_whoever_promotes_before_the_evidence_is_in_does_without_it() -> None:
    world = mirroring("mirror that asks")
    world.order("promote", "v1.1.0")
    world.run(5)
    assert world.weights == {"v1.1.0": 100}
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.CANDIDATE


def test_the_copies_need_the_capacity_for_their_share() -> None:
    world = serving(strategy=STRATEGIES["mirror, then all"])
    world.release("v1.1.0")
    world.reconcile()
    assert world.workloads["v1.1.0"].replicas == 2
    world.workloads["v1.1.0"] = replace(world.workloads["v1.1.0"], ready_endpoints=1)
    for _ in range(20):
        world.reconcile()
        world.now += 1
    assert mirror_of(world) is None


def test_a_pod_that_is_lost_ends_the_copies_until_it_is_back_and_the_hold_begins_anew() -> None:
    world = mirroring("mirror, then all")
    world.workloads["v1.1.0"] = replace(world.workloads["v1.1.0"], ready_endpoints=1)
    world.reconcile()
    assert mirror_of(world) is None
    world.run(8)
    assert mirror_of(world) is not None
    assert world.weights == {"v1.0.0": 100}
    world.run(20)
    assert world.weights == {"v1.1.0": 100}


def test_a_failure_ends_the_copies_in_one_urgent_write_and_no_user_was_harmed() -> None:
    world = mirroring()
    world.evidence["v1.1.0"] = BAD
    decision = world.reconcile(writes=1)
    assert decision.route is not None
    assert decision.route.urgent
    assert decision.route.note.steering == NO_STEERING
    assert world.reached == {"v1.0.0"}
    world.evidence.clear()
    world.run(30)
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED


def test_pods_that_get_copies_are_kept_until_no_proxy_sends_them_any_more() -> None:
    world = mirroring()
    world.evidence["v1.1.0"] = BAD
    world.run(10)
    assert world.workloads["v1.1.0"].replicas == 1
    world.run(20)
    assert world.workloads["v1.1.0"].replicas == 0


@pytest.mark.parametrize("verdict", [Verdict.NO_DATA, Verdict.INCONCLUSIVE])
def test_too_few_copies_end_at_the_deadline(verdict: Verdict) -> None:
    world = mirroring()
    world.evidence["v1.1.0"] = EvidenceView(verdict)
    world.run(70)
    assert world.reached == {"v1.0.0"}
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.UNPROVEN
