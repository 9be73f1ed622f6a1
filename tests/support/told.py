"""What the release of a world tells about itself."""

from bertrelease_operator.api.status import Phase, RevisionVerdict
from tests.support.world import World


def verdict(world: World, version: str) -> RevisionVerdict:
    return world.revisions[version].status.verdict


def phase(world: World) -> Phase:
    return world.status.phase


def condition(world: World, kind: str) -> str:
    return next(c.status.value for c in world.status.conditions if c.type == kind)


def reasons(world: World) -> list[str]:
    return [event.reason for event in world.events]
