"""Before anything serves: who may reach the first version, and what becomes of one that may not serve."""

import pytest

from bertrelease_operator.api.status import RevisionVerdict
from tests.support.gates import JUDGE
from tests.support.pipeline import Pipeline, following, image_of
from tests.support.world import World, release_spec


def adopted(image: str) -> tuple[Pipeline, World]:
    """A first version that another environment has proven, with its pods' image here, or "" if they show none."""
    follower = following()
    follower.image_ids["v1.0.0"] = image
    pipeline = Pipeline.of(follower)
    while follower.status.rollout is None:
        pipeline.run(1)
    assert follower.root_version is None
    return pipeline, follower


def test_nobody_reaches_a_first_version_before_its_pods_have_shown_their_image() -> None:
    pipeline, world = adopted(image="")
    pipeline.run(50)
    assert world.workloads["v1.0.0"].ready_endpoints == 2
    assert (world.route, world.root_version) == (None, None)
    world.image_ids["v1.0.0"] = image_of("v1.0.0")
    pipeline.run(20)
    assert (world.weights, world.root_version) == ({"v1.0.0": 100}, "v1.0.0")


def test_a_first_version_with_another_image_than_was_proven_is_never_reached_and_keeps_no_pods() -> None:
    pipeline, world = adopted(image_of("something else"))
    for _ in range(50):
        pipeline.run(1)
        assert (world.route, world.root_version) == (None, None)
    assert world.revisions["v1.0.0"].status.verdict is RevisionVerdict.REJECTED
    assert world.workloads["v1.0.0"].replicas == 0


@pytest.mark.parametrize("gated", [True, False])
def test_what_the_route_reaches_stays_behind_the_root_service_until_something_else_serves(gated: bool) -> None:
    world = World(release_spec())
    while not world.weights:
        world.run(1)
    assert world.status.stable is None
    world.unready.add("v1.1.0")
    world.release("v1.1.0", gates=[JUDGE] if gated else [])
    world.run(10)
    assert (world.weights, world.root_version) == ({"v1.0.0": 100}, "v1.0.0")
