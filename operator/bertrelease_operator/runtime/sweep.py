"""Finds objects that vanished while nobody listened.

A watch that was interrupted for too long is followed by a new listing, which tells what there is, but not what is
no longer there. So after a listing every known object must have been heard of again; for kinds with some that were
not, one listing of our own says which are gone. As long as watches are not interrupted, this asks nothing.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError
from bertrelease_operator.adapters.resources import ResourceType
from bertrelease_operator.runtime.kinds import Kinds
from bertrelease_operator.runtime.records import ObjectKey, ReleaseKey, key_of
from bertrelease_operator.runtime.store import Store

# How long after the last object of a listing the listing counts as complete.
SETTLED_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 2.0


class Sweep:
    """Runs once after the start, and again whenever a kind was listed anew."""

    def __init__(
        self,
        store: Store,
        cluster: Cluster,
        on_change: Callable[[ReleaseKey], None],
        *,
        kinds: Kinds,
        namespaces: tuple[str, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._cluster = cluster
        self._on_change = on_change
        self._kinds = kinds
        self._namespaces = namespaces
        self._clock = clock
        self._heard: set[ObjectKey] = set()
        self._last_listed_at: float | None = clock()

    @property
    def is_due(self) -> bool:
        """A listing was seen, and it is over."""
        return self._last_listed_at is not None and self._clock() - self._last_listed_at >= SETTLED_SECONDS

    def heard(self, key: ObjectKey, *, listed: bool) -> None:
        """An event about `key`; `listed` if it came from a listing instead of the watch."""
        if listed:
            self._last_listed_at = self._clock()
        if self._last_listed_at is not None:
            self._heard.add(key)

    async def run(self) -> None:
        """Never returns."""
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            if self.is_due:
                await self.finish()

    async def finish(self) -> None:
        """Checks what was not heard of. If the API server does not answer, the sweep stays due."""
        suspects = [resource for resource in self._kinds.watched if self._unheard(resource)]
        try:
            for resource in suspects:
                await self._verify(resource)
        except ClusterError:
            return
        self._last_listed_at = None
        self._heard.clear()

    def _unheard(self, resource: ResourceType) -> list[ObjectKey]:
        return [stored.key for stored in self._store.of_kind(resource.kind) if stored.key not in self._heard]

    async def _verify(self, resource: ResourceType) -> None:
        # Only versions from before the listing may be dropped; what is written meanwhile has a higher one.
        before = {key: stored.resource_version for key in self._unheard(resource) if (stored := self._store.get(key))}
        there = {key_of(obj) for obj in await list_everywhere(self._cluster, resource, self._namespaces)}
        for key, resource_version in before.items():
            if key not in there:
                release = self._store.remove(key, resource_version)
                if release is not None:
                    self._on_change(release)


async def list_everywhere(
    cluster: Cluster, resource: ResourceType, namespaces: tuple[str, ...]
) -> list[dict[str, object]]:
    """All objects in `namespaces`, or in all of them if none are named. Raises ClusterError."""
    if not namespaces:
        return await cluster.list(resource)
    listings = [await cluster.list(resource, namespace) for namespace in namespaces]
    return [obj for listing in listings for obj in listing]
