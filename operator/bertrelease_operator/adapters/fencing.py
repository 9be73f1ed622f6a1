"""Holds writes back once the lease may have passed to another operator.

A process that was paused for longer than its lease wakes up believing that it leads. So every write asks first,
by the local clock alone: whoever takes over waits the whole lease from when it last saw it renewed, which is
later than when we sent that renewal.
"""

import time
from collections.abc import Callable

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import NotLeaderError
from bertrelease_operator.adapters.resources import ResourceType
from bertrelease_operator.render.metadata import KubeObject


def boot_seconds() -> float:
    """Seconds since boot, those in which the machine was suspended included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Fence:
    """Until when writes may be sent. Closed at first."""

    def __init__(self, clock: Callable[[], float] = boot_seconds) -> None:
        self._clock = clock
        self._open_until: float | None = None

    @property
    def is_open(self) -> bool:
        return self._open_until is not None and self._clock() < self._open_until

    def open_until(self, deadline: float) -> None:
        """`deadline` in seconds of this fence's clock; leave a request's timeout between it and the lease's end."""
        self._open_until = deadline

    def close(self) -> None:
        self._open_until = None

    def check(self) -> None:
        """Raises NotLeaderError if the lease is not surely ours."""
        if not self.is_open:
            msg = "the lease could not be renewed in time; nothing is written until it is ours again"
            raise NotLeaderError(msg)


class FencedCluster:
    """A `Cluster` whose writes pass the fence."""

    def __init__(self, cluster: Cluster, fence: Fence) -> None:
        self._cluster = cluster
        self._fence = fence

    async def serves(self, resource: ResourceType) -> bool:
        return await self._cluster.serves(resource)

    async def list(self, resource: ResourceType, namespace: str | None = None) -> list[KubeObject]:
        return await self._cluster.list(resource, namespace)

    async def get(self, resource: ResourceType, namespace: str, name: str) -> KubeObject:
        return await self._cluster.get(resource, namespace, name)

    async def apply(self, obj: KubeObject, *, resource_version: str | None = None) -> KubeObject:
        self._fence.check()
        return await self._cluster.apply(obj, resource_version=resource_version)

    async def merge(self, obj: KubeObject, *, subresource: str | None = None) -> KubeObject:
        self._fence.check()
        return await self._cluster.merge(obj, subresource=subresource)

    async def create(self, obj: KubeObject) -> KubeObject:
        self._fence.check()
        return await self._cluster.create(obj)

    async def replace(self, obj: KubeObject) -> KubeObject:
        self._fence.check()
        return await self._cluster.replace(obj)

    async def delete(self, resource: ResourceType, namespace: str, name: str, *, uid: str) -> None:
        self._fence.check()
        await self._cluster.delete(resource, namespace, name, uid=uid)
