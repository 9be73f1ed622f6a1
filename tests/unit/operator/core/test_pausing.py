"""What a pause holds, and what it does not."""

from bertrelease_operator.api.status import Phase, RevisionVerdict
from bertrelease_operator.core.observation import WorkloadView
from tests.support.told import phase, verdict
from tests.support.world import BAD, World, serving


def test_pausing_freezes_the_canary_but_not_the_rescue() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(8)
    world.edit("v1.1.0", paused=True)
    world.run(200)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    assert phase(world) is Phase.PAUSED
    world.evidence["v1.1.0"] = BAD
    world.reconcile()
    assert world.weights == {"v1.0.0": 100}


def test_resuming_a_paused_canary_goes_on_where_it_was() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(8)
    world.edit("v1.1.0", paused=True)
    world.run(200)
    world.edit("v1.1.0", paused=False)
    world.run(40)
    assert world.weights == {"v1.1.0": 100}


def half_switched() -> World:
    """v1.1.0 was promoted, and has ready pods for half of the traffic that it is to get."""
    world = serving(replicas=4)
    world.release("v1.1.0")
    world.run(8)
    world.order("promote", "v1.1.0")
    world.unready.add("v1.1.0")
    world.reconcile()
    world.workloads["v1.1.0"] = WorkloadView(replicas=4, ready_endpoints=2)
    world.reconcile()
    assert world.weights == {"v1.0.0": 50, "v1.1.0": 50}
    return world


def test_pausing_holds_a_switch_at_the_share_that_it_has_reached_and_resuming_ends_it() -> None:
    world = half_switched()
    world.edit("v1.1.0", paused=True)
    world.unready.clear()
    world.run(500)
    assert (world.weights, world.status.stable) == ({"v1.0.0": 50, "v1.1.0": 50}, "v1.0.0")
    assert (phase(world), world.status.message) == (
        Phase.PAUSED,
        "v1.1.0 stays where it is until spec.paused is false.",
    )
    world.edit("v1.1.0", paused=False)
    world.run(6)
    assert (world.weights, world.status.stable) == ({"v1.1.0": 100}, "v1.1.0")


def test_a_version_that_has_all_traffic_when_the_release_is_paused_is_promoted_when_it_goes_on() -> None:
    world = half_switched()
    world.unready.clear()
    world.start_pods()
    world.reconcile()
    world.edit("v1.1.0", paused=True)
    world.run(100)
    assert (world.weights, world.status.stable) == ({"v1.1.0": 100}, "v1.0.0")
    assert world.workloads["v1.0.0"].replicas == 4
    world.edit("v1.1.0", paused=False)
    world.run(2)
    assert world.status.stable == "v1.1.0"


def test_a_paused_switch_gives_back_what_its_pods_do_not_carry_any_more_and_is_taken_back_if_it_fails() -> None:
    world = half_switched()
    world.edit("v1.1.0", paused=True)
    world.workloads["v1.1.0"] = WorkloadView(replicas=4, ready_endpoints=1)
    world.reconcile()
    assert world.weights == {"v1.0.0": 75, "v1.1.0": 25}
    world.evidence["v1.1.0"] = BAD
    world.reconcile()
    assert world.weights == {"v1.0.0": 100}
    assert verdict(world, "v1.1.0") is RevisionVerdict.REJECTED


def test_what_a_person_promotes_during_a_pause_gets_all_traffic_when_the_release_goes_on() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(8)
    world.edit("v1.1.0", paused=True)
    world.order("promote", "v1.1.0")
    world.run(20)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    world.edit("v1.1.0", paused=False)
    world.run(6)
    assert world.weights == {"v1.1.0": 100}


def test_going_back_to_a_proven_version_works_while_paused() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(300)
    world.edit("v1.0.0", paused=True)
    world.reconcile()
    assert world.weights == {"v1.0.0": 100}
