"""What every strategy keeps to, whatever it does in between."""

from collections.abc import Callable

import pytest

from bertrelease_operator.api.status import Phase, RevisionVerdict, Verdict
from bertrelease_operator.api.strategy import StrategyKind
from bertrelease_operator.core.observation import EvidenceView
from bertrelease_operator.core.steps import awaits_person
from tests.support.strategies import STRATEGIES
from tests.support.world import BAD, World, serving

every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


def started(strategy: str) -> World:
    """v1.0.0 serves, and v1.1.0 has just been asked for."""
    world = serving(strategy=STRATEGIES[strategy])
    world.release("v1.1.0")
    return world


def promoted(world: World) -> World:
    """A person says yes where one is asked."""
    for _ in range(200):
        world.run(1)
        rollout = world.status.rollout
        if rollout is not None and awaits_person(world.spec, rollout):
            world.order("promote", rollout.version)
        if world.status.stable == "v1.1.0":
            return world
    raise AssertionError(world.status.message)


def on_its_way(strategy: str) -> World:
    """v1.1.0 is judged at its first step."""
    world = started(strategy)
    for _ in range(20):
        world.run(1)
        if world.status.phase is Phase.ANALYZING:
            return world
    raise AssertionError(world.status.message)


def test_every_kind_is_tried_here() -> None:
    assert {strategy["kind"] for strategy in STRATEGIES.values()} == set(StrategyKind)


@every_strategy
def test_a_good_version_gets_everything_and_the_old_one_stays_complete_while_it_is_observed(strategy: str) -> None:
    world = promoted(started(strategy))
    assert world.weights == {"v1.1.0": 100}
    assert world.status.observation is not None
    assert world.status.observation.previous == "v1.0.0"
    assert world.workloads["v1.0.0"].replicas == world.spec.replicas
    world.run(300)
    assert world.status.phase is Phase.HEALTHY
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.PROVEN


@every_strategy
def test_weights_always_make_the_whole(strategy: str) -> None:
    world = promoted(started(strategy))
    assert all(sum(weights.values()) == 100 for _, weights in world.route_history)


@every_strategy
def test_nothing_reaches_a_version_before_its_pods_are_ready(strategy: str) -> None:
    world = started(strategy)
    world.unready.add("v1.1.0")
    world.run(90)
    assert world.reached == {"v1.0.0"}


@every_strategy
def test_a_version_that_never_becomes_ready_is_rejected_unseen(strategy: str) -> None:
    world = started(strategy)
    world.unready.add("v1.1.0")
    world.run(110)
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED
    assert all("v1.1.0" not in weights for _, weights in world.route_history)


@every_strategy
def test_a_failing_version_gets_nothing_more_in_the_same_pass_and_never_returns(strategy: str) -> None:
    world = on_its_way(strategy)
    world.evidence["v1.1.0"] = BAD
    world.reconcile()
    assert world.reached == {"v1.0.0"}
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED
    world.evidence.clear()
    world.run(300)
    assert world.reached == {"v1.0.0"}
    assert world.status.phase is Phase.ROLLED_BACK
    assert world.workloads["v1.1.0"].replicas == 0
    assert world.preview_version is None


@every_strategy
@pytest.mark.parametrize("writes", range(5))
def test_a_failure_is_latched_although_the_operator_dies_while_it_takes_back(strategy: str, writes: int) -> None:
    world = on_its_way(strategy)
    world.evidence["v1.1.0"] = BAD
    decision = world.reconcile(writes=writes)
    if writes and decision.route is not None and decision.route.urgent:
        world.evidence.clear()  # the route remembers for the process that has gathered nothing yet
    world.run(10)
    assert world.reached == {"v1.0.0"}
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED


@every_strategy
@pytest.mark.parametrize(
    "act", [lambda w: w.order("abort", "v1.1.0"), lambda w: w.edit("v1.0.0")], ids=["abort", "edit"]
)
def test_a_person_takes_everything_from_a_candidate_at_once(strategy: str, act: Callable[[World], None]) -> None:
    world = on_its_way(strategy)
    act(world)
    world.reconcile()
    assert world.reached == {"v1.0.0"}


@every_strategy
def test_going_back_after_the_switch_is_one_urgent_write(strategy: str) -> None:
    world = promoted(started(strategy))
    world.edit("v1.0.0")
    decision = world.reconcile(writes=1)
    assert decision.route is not None
    assert decision.route.urgent
    assert world.weights == {"v1.0.0": 100}


@every_strategy
@pytest.mark.parametrize("verdict", [Verdict.SOURCE_DOWN, Verdict.INCONCLUSIVE, Verdict.NO_DATA])
def test_only_a_pass_moves_forward(strategy: str, verdict: Verdict) -> None:
    world = on_its_way(strategy)
    before = world.weights
    world.evidence["v1.1.0"] = EvidenceView(verdict)
    world.run(50)
    assert world.weights == before


@every_strategy
def test_without_a_pass_by_the_deadline_everything_goes_back_and_the_version_may_be_retried(strategy: str) -> None:
    world = on_its_way(strategy)
    world.evidence["v1.1.0"] = EvidenceView(Verdict.INCONCLUSIVE)
    world.run(100)
    assert world.reached == {"v1.0.0"}
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.UNPROVEN
    world.evidence.clear()
    world.order("retry", "v1.1.0")
    assert promoted(world).weights == {"v1.1.0": 100}


@every_strategy
def test_a_pause_holds_the_candidate_where_it_is_and_does_not_keep_it_from_being_rejected(strategy: str) -> None:
    world = on_its_way(strategy)
    before = world.weights
    world.edit("v1.1.0", paused=True)
    world.run(500)
    assert world.weights == before
    world.evidence["v1.1.0"] = BAD
    world.reconcile()
    assert world.reached == {"v1.0.0"}


@every_strategy
def test_a_settled_release_watches_nothing_and_decides_nothing_new(strategy: str) -> None:
    world = promoted(started(strategy))
    world.run(300)
    decision = world.reconcile()
    assert decision.watches == ()
    assert decision.events == ()
    assert decision.revision_statuses == {}
    assert decision.status == world.status


@every_strategy
def test_the_first_version_of_all_needs_no_strategy(strategy: str) -> None:
    world = serving(strategy=STRATEGIES[strategy])
    assert [dict(weights) for _, weights in world.route_history] == [{"v1.0.0": 100}]
    assert world.preview_version is None
