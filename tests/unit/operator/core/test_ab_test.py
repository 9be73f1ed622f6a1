"""A/B tests: chosen requests, both arms watched, and three ways to end."""

from typing import Any

import pytest

from bertrelease_operator.api.status import CheckStatus, Phase, RevisionVerdict, Verdict
from bertrelease_operator.core.observation import EvidenceView
from bertrelease_operator.core.steering import Matching
from tests.support.strategies import STRATEGIES
from tests.support.world import World, serving

TESTERS = {"match": [{"headers": {"x-tester": "yes"}}]}


def side_by_side(**section: Any) -> World:
    """v1.0.0 serves, v1.1.0 is tested beside it."""
    strategy = {**STRATEGIES["A/B test"], "abTest": {"minDurationSeconds": 10, "minimumSample": 7, **section}}
    world = serving(strategy=strategy)
    world.release("v1.1.0")
    world.run(6)
    assert world.status.phase is Phase.ANALYZING
    return world


def matching(world: World) -> Matching | None:
    return world.route.steering.matching if world.route is not None else None


def test_users_are_halved_and_stay_and_chosen_requests_always_go_to_the_candidate() -> None:
    world = side_by_side(**TESTERS)
    assert world.weights == {"v1.0.0": 50, "v1.1.0": 50}
    assert world.route is not None
    assert world.route.steering.stickiness is not None
    chosen = matching(world)
    assert chosen is not None
    assert (chosen.version, chosen.rules[0].headers) == ("v1.1.0", {"x-tester": "yes"})
    assert "50 % of the users and the requests that match" in world.status.message


def test_with_weight_0_only_chosen_requests_see_the_candidate() -> None:
    world = side_by_side(weight=0, **TESTERS)
    assert world.weights == {"v1.0.0": 100}
    assert world.reached == {"v1.0.0", "v1.1.0"}
    assert world.route is not None
    assert world.route.steering.stickiness is None


@pytest.mark.parametrize(("section", "replicas"), [({"weight": 50}, 1), ({"weight": 50, **TESTERS}, 2)])
def test_nobody_knows_how_many_requests_match_so_the_candidate_is_complete_for_them(
    section: dict[str, Any], replicas: int
) -> None:
    strategy = {**STRATEGIES["A/B test"], "abTest": section}
    world = serving(strategy=strategy)
    world.release("v1.1.0")
    world.reconcile()
    world.reconcile()
    assert world.workloads["v1.1.0"].replicas == replicas


def test_both_arms_need_the_sample() -> None:
    (watch,) = side_by_side().watches
    assert watch.compares_arms
    assert watch.baseline == "v1.0.0"
    assert watch.health is not None
    assert watch.health.minimum_sample == 7


def test_it_ends_by_promoting_the_candidate_if_that_was_asked_for() -> None:
    world = side_by_side(then="promote")
    world.run(20)
    assert world.weights == {"v1.1.0": 100}
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.PROVEN


def test_it_ends_by_keeping_the_old_version_and_the_figures() -> None:
    world = side_by_side(then="keep")
    check = CheckStatus(name="error-rate", verdict=Verdict.PASS, message="2 of 9000 requests failed")
    world.evidence["v1.1.0"] = EvidenceView(Verdict.PASS, (check,))
    world.run(20)
    assert world.reached == {"v1.0.0"}
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.UNPROVEN
    assert world.status.concluded is not None
    assert world.status.concluded.reason == "TestEnded"
    assert world.revisions["v1.1.0"].status.checks == [check]


def test_it_waits_for_a_person_by_default() -> None:
    world = side_by_side()
    world.run(500)
    assert world.weights == {"v1.0.0": 50, "v1.1.0": 50}
    assert world.status.phase is Phase.PAUSED
    world.order("abort", "v1.1.0")
    world.run(2)
    assert world.reached == {"v1.0.0"}
