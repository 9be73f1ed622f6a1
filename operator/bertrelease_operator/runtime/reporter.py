"""Tells people what happened: Events on the release, and the same in the log."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Final

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError
from bertrelease_operator.adapters.events import render_event
from bertrelease_operator.api.names import RELEASE_KIND
from bertrelease_operator.core.decision import EventType, ReleaseEvent
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.runtime.logs import about
from bertrelease_operator.runtime.records import ReleaseKey
from bertrelease_operator.runtime.store import Store

logger = logging.getLogger(__name__)

# A trouble that stays is told again after this time, not at every attempt.
REPEAT_SECONDS: Final = 600.0


class Reporter:
    """Events are best effort: one that cannot be written is in the log only."""

    def __init__(self, cluster: Cluster, now: Callable[[], float] = time.time) -> None:
        self._cluster = cluster
        self._now = now
        self._troubles: dict[ReleaseKey, tuple[str, float]] = {}

    async def tell(self, release: KubeObject, events: Iterable[ReleaseEvent]) -> None:
        """Raises NotLeaderError."""
        metadata = release["metadata"]
        for event in events:
            level = logging.WARNING if event.type is EventType.WARNING else logging.INFO
            fields = about(metadata["namespace"], metadata["name"], reason=event.reason)
            logger.log(level, event.message, extra=fields)
            try:
                await self._cluster.create(render_event(release, event, self._now()))
            except ClusterError as error:
                logger.warning("the Event could not be written: %s", error, extra=fields)

    async def tell_of(self, store: Store, key: ReleaseKey, event: ReleaseEvent) -> None:
        """Of a release that may be gone meanwhile. Raises NotLeaderError."""
        release = store.get((RELEASE_KIND, *key))
        if release is not None:
            await self.tell(release.unpack(), [event])

    async def trouble(self, key: ReleaseKey, release: KubeObject, reason: str, message: str) -> None:
        """Tells of what keeps the release from being reconciled, once in a while. Raises NotLeaderError."""
        now = self._now()
        told, at = self._troubles.get(key, ("", 0.0))
        if message != told or now - at >= REPEAT_SECONDS:
            self._troubles[key] = (message, now)
            await self.tell(release, [ReleaseEvent(EventType.WARNING, reason, message)])

    def over(self, key: ReleaseKey) -> None:
        """The next trouble is a new one."""
        self._troubles.pop(key, None)
