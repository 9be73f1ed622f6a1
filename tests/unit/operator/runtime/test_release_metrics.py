"""What the figures of a release say of a rollout that waits."""

from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult
from bertrelease_operator.runtime.release_metrics import ReleaseFigures, figures_of
from tests.support.gates import APPROVAL, JUDGE
from tests.support.strategies import STRATEGIES
from tests.support.world import World, serving


def figures(world: World) -> ReleaseFigures:
    return figures_of(world.observation(), world.reconcile())


def test_an_approval_is_waited_for_since_its_gate_began() -> None:
    world = serving()
    world.release("v1.1.0", gates=[JUDGE, APPROVAL])
    world.run(20)
    assert set(figures(world).waiting_since) == {"gate"}
    world.gate_results["judge"] = GateResult(Verdict.PASS, "fine")
    began = world.now
    world.run(20)
    found = figures(world)
    assert found.waiting_since.keys() == {"approval"}
    assert began <= found.waiting_since["approval"] < began + 5
    assert [(gate.name, gate.verdict) for gate in found.gates] == [("judge", "Pass"), ("yes", "Inconclusive")]


def test_nothing_is_waited_for_once_the_gates_are_passed() -> None:
    world = serving()
    world.release("v1.1.0", gates=[APPROVAL])
    world.run(20)
    world.approve("v1.1.0", gate="yes")
    world.run(5)
    assert world.status.rollout is not None
    assert not figures(world).waiting_since


def test_a_step_that_asks_is_waited_for_as_an_approval() -> None:
    world = serving(strategy=STRATEGIES["blue-green that asks"])
    world.release("v1.1.0")
    world.run(60)
    assert set(figures(world).waiting_since) == {"approval"}
