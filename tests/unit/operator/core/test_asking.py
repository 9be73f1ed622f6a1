"""A step that asks a person, and edits of the strategy while it does."""

import pytest

from bertrelease_operator.api.status import Phase, RevisionVerdict, Verdict
from bertrelease_operator.core.observation import EvidenceView
from tests.support.strategies import STRATEGIES
from tests.support.told import phase, verdict
from tests.support.world import World, serving

ASKING = ("blue-green that asks", "mirror that asks")


def asking(strategy: str) -> World:
    """v1.1.0 has passed, and waits for an answer for longer than a step may take."""
    world = serving(strategy=STRATEGIES[strategy])
    world.release("v1.1.0")
    world.run(240)
    assert phase(world) is Phase.PAUSED
    return world


@pytest.mark.parametrize("strategy", ASKING)
def test_a_strategy_that_asks_no_more_gives_its_own_step_the_whole_time(strategy: str) -> None:
    world = asking(strategy)
    world.edit("v1.1.0", strategy=STRATEGIES["canary"])
    world.run(3)
    assert phase(world) in {Phase.PROGRESSING, Phase.ANALYZING}
    world.run(400)
    assert verdict(world, "v1.1.0") is RevisionVerdict.PROVEN


@pytest.mark.parametrize("seconds", [0, 3])
def test_a_yes_to_what_nobody_asks_any_more_goes_without_evidence(seconds: int) -> None:
    world = asking("mirror that asks")
    world.evidence["v1.1.0"] = EvidenceView(Verdict.INCONCLUSIVE)
    world.edit("v1.1.0", strategy=STRATEGIES["canary"])
    world.run(seconds)
    world.order("promote", "v1.1.0")
    world.run(10)
    assert world.status.stable == "v1.1.0"
    assert verdict(world, "v1.1.0") is RevisionVerdict.CANDIDATE
