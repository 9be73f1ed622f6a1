"""Worlds whose releases have gates."""

from typing import Any

from bertrelease_operator.api.status import GateStatus
from tests.support.world import World, serving


def released(*gates: dict[str, Any], **changes: Any) -> World:
    """v1.0.0 serves, and v1.1.0 came to its first gate."""
    world = serving(**changes)
    world.edit("v1.0.0", gates=list(gates))
    world.release("v1.1.0")
    world.run(10)
    return world


def gate_statuses(world: World) -> list[GateStatus]:
    return world.status.rollout.gates if world.status.rollout is not None else []
