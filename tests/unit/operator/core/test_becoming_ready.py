"""How long the pods of a candidate may take to become ready."""

from dataclasses import replace

import pytest

from bertrelease_operator.api.status import RevisionVerdict
from tests.support.gates import APPROVAL, Gates
from tests.support.told import verdict
from tests.support.world import World, serving


def test_a_candidate_that_never_becomes_ready_is_rejected_without_any_traffic() -> None:
    world = serving()
    world.unready.add("v1.1.0")
    world.release("v1.1.0")
    world.run(110)
    assert verdict(world, "v1.1.0") is RevisionVerdict.REJECTED
    assert all("v1.1.0" not in weights for _, weights in world.route_history)
    assert world.status.concluded is not None
    assert world.status.concluded.reason == "NotReady"


def pods_blink(world: World) -> None:
    """All of v1.1.0's pods are away for a second."""
    for _ in range(2):
        world.workloads["v1.1.0"] = replace(world.workloads["v1.1.0"], ready_endpoints=0)
        world.reconcile()
        world.now += 0.5


@pytest.mark.parametrize("gates", [[], [APPROVAL]], ids=["no gate", "gate"])
def test_a_candidate_that_was_held_for_long_is_not_rejected_because_its_pods_blink(gates: Gates) -> None:
    world = serving()
    world.release("v1.1.0", gates=gates)
    world.run(2 if not gates else 50)
    world.edit("v1.1.0", paused=True)
    world.run(500, step=5)
    pods_blink(world)
    assert verdict(world, "v1.1.0") is RevisionVerdict.CANDIDATE
    world.edit("v1.1.0", paused=False, gates=[])
    world.run(20)
    assert "v1.1.0" in world.weights


def test_a_pause_does_not_count_towards_the_time_in_which_pods_must_be_ready() -> None:
    world = serving()
    world.unready.add("v1.1.0")
    world.release("v1.1.0")
    world.run(50)
    world.edit("v1.1.0", paused=True)
    world.run(200)
    world.edit("v1.1.0", paused=False)
    world.run(40)
    assert verdict(world, "v1.1.0") is RevisionVerdict.CANDIDATE
    world.run(20)
    assert verdict(world, "v1.1.0") is RevisionVerdict.REJECTED


def test_pods_that_were_ready_have_the_whole_time_again_to_come_back() -> None:
    world = serving()
    world.unready.add("v1.1.0")
    world.release("v1.1.0")
    world.run(80)
    world.unready.clear()
    world.run(2)
    world.edit("v1.1.0", paused=True)
    world.run(500, step=5)
    pods_blink(world)
    world.edit("v1.1.0", paused=False)
    world.unready.add("v1.1.0")
    world.run(90)
    assert verdict(world, "v1.1.0") is RevisionVerdict.CANDIDATE
    world.run(15)
    assert verdict(world, "v1.1.0") is RevisionVerdict.REJECTED


def test_pods_that_come_and_go_are_late() -> None:
    world = serving()
    world.release("v1.1.0")
    for _ in range(120):
        world.run(1)
        pods_blink(world)
        if verdict(world, "v1.1.0") is RevisionVerdict.REJECTED:
            break
    assert world.revisions["v1.1.0"].status.reason == "NotReady"
