"""Brings events, the queue, the workers and the leader's role together."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError, ConflictError, NotLeaderError, UnreachableError
from bertrelease_operator.adapters.resources import ResourceType
from bertrelease_operator.api.names import RELEASE_KIND
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.runtime.election import Role
from bertrelease_operator.runtime.gates import GateKeeper
from bertrelease_operator.runtime.heartbeat import WatchHeartbeat
from bertrelease_operator.runtime.kinds import Kinds
from bertrelease_operator.runtime.logs import about
from bertrelease_operator.runtime.notifier import Notifier
from bertrelease_operator.runtime.queue import WorkQueue
from bertrelease_operator.runtime.reconciler import Reconciler
from bertrelease_operator.runtime.records import ReleaseKey, key_of
from bertrelease_operator.runtime.store import Store
from bertrelease_operator.runtime.sweep import Sweep, list_everywhere
from bertrelease_operator.runtime.telemetry import Telemetry
from bertrelease_operator.runtime.upstreams import Upstreams
from bertrelease_operator.runtime.watcher import EvidenceWatcher

logger = logging.getLogger(__name__)

_PRIME_RETRY_SECONDS: Final = 1.0
# Kinds whose changes may mean that traffic has to move now: what is asked for, and what is able to serve.
_URGENT_KINDS: Final = frozenset({RELEASE_KIND, "EndpointSlice"})


class Inbox:
    """Takes events in: remembers the objects and queues their releases."""

    def __init__(
        self, store: Store, queue: WorkQueue[ReleaseKey], heartbeat: WatchHeartbeat, telemetry: Telemetry
    ) -> None:
        self._store = store
        self._queue = queue
        self._heartbeat = heartbeat
        self._telemetry = telemetry
        self.sweep: Sweep | None = None
        self.open = False  # whether releases are queued: only for a leader that knows all objects

    def receive(self, obj: KubeObject, event_type: str | None) -> None:
        """Fits `EventListener`."""
        kind = obj["kind"]
        self._telemetry.events.labels(kind).inc()
        if event_type is None:
            self._telemetry.listed.labels(kind).inc()
        self._heartbeat.heard(obj)
        key = key_of(obj)
        if self.sweep is not None:
            self.sweep.heard(key, listed=event_type is None)
        if event_type == "DELETED":
            release = self._store.remove(key, int(obj["metadata"]["resourceVersion"]))
        else:
            release = self._store.put(obj)
        if release is not None:
            self.wake(release, urgent=kind in _URGENT_KINDS)

    def wake(self, release: ReleaseKey, *, urgent: bool = False) -> None:
        """Queues the release; while the inbox is closed there is nothing to do for it here."""
        if self.open:
            self._queue.add(release, urgent=urgent)


class Controller:
    """Works the queue while this process leads."""

    def __init__(
        self,
        cluster: Cluster,
        *,
        kinds: Kinds,
        store: Store,
        queue: WorkQueue[ReleaseKey],
        inbox: Inbox,
        watcher: EvidenceWatcher,
        gatekeeper: GateKeeper,
        notifier: Notifier,
        reconciler: Reconciler,
        telemetry: Telemetry,
        upstreams: Upstreams,
        namespaces: tuple[str, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cluster = cluster
        self._kinds = kinds
        self._store = store
        self._queue = queue
        self._inbox = inbox
        self._watcher = watcher
        self._gatekeeper = gatekeeper
        self._notifier = notifier
        self._reconciler = reconciler
        self._telemetry = telemetry
        self._upstreams = upstreams
        self._namespaces = namespaces
        self._clock = clock
        self._started_at = clock()
        self._settled = False
        self._logged: dict[ReleaseKey, str] = {}
        self._role = Role.FOLLOWER
        self.primed = False

    async def prime(self) -> None:
        """Lists every kind once: nothing is decided before all of it is known. Waits for an API server that is away.

        Raises NotFoundError when a kind is not installed, ForbiddenError without permission.
        """
        for resource in self._kinds.watched:
            for obj in await self._listed(resource):
                self._store.put(obj)
        self.primed = True
        self._open_if_possible()

    def on_role(self, _before: Role, role: Role) -> None:
        """Fits `RoleListener`. What was gathered is kept while nobody else is known to lead."""
        self._role = role
        self._telemetry.role_changed(role)
        logger.info("this operator is now %s", role)
        if role is Role.FOLLOWER:
            self.close()
        self._open_if_possible()

    async def work(self) -> None:
        """One worker. Never returns."""
        while True:
            key = await self._queue.get()
            failed = False
            try:
                seconds = await self._reconcile(key)
            except (ClusterError, NotLeaderError) as error:
                failed = isinstance(error, ClusterError)
                self._log(key, error)
                seconds = None
            except Exception:
                # One release with a fault that we did not foresee must not stop the others.
                logger.exception("a pass failed", extra=about(*key))
                failed, seconds = True, None
            else:
                self._logged.pop(key, None)
            self._queue.done(key, failed=failed)
            self._telemetry.reconciles.labels("failed" if failed else "done").inc()
            if seconds is not None and self._inbox.open:
                self._queue.add_after(key, seconds)
            self._note_settled()

    def close(self) -> None:
        """Takes no more work; what is at work goes on."""
        self._inbox.open = False
        self._queue.clear()
        self._watcher.stop()
        self._gatekeeper.stop()
        self._notifier.stop()
        self._upstreams.stop()

    async def _reconcile(self, key: ReleaseKey) -> float | None:
        with self._telemetry.reconcile_seconds.time():
            return await self._reconciler.reconcile(key)

    async def _listed(self, resource: ResourceType) -> list[KubeObject]:
        while True:
            try:
                return await list_everywhere(self._cluster, resource, self._namespaces)
            except UnreachableError as error:
                logger.warning("waiting for the API server: %s", error)
                await asyncio.sleep(_PRIME_RETRY_SECONDS)

    def _open_if_possible(self) -> None:
        if not self.primed or self._role is not Role.LEADER:
            return
        self._inbox.open = True
        for release in self._store.releases():
            self._queue.add(release, urgent=self._is_under_way(release))

    def _is_under_way(self, release: ReleaseKey) -> bool:
        """Releases that were being watched come first after a start, so that nothing is unwatched for long."""
        stored = self._store.get((RELEASE_KIND, *release))
        status = stored.unpack().get("status") or {} if stored is not None else {}
        return "rollout" in status or "observation" in status

    def _note_settled(self) -> None:
        if not self._settled and self._inbox.open and self._queue.idle:
            self._settled = True
            self._telemetry.settled_seconds.set(self._clock() - self._started_at)
            logger.info("every release has been visited")

    def _log(self, key: ReleaseKey, error: Exception) -> None:
        """A trouble that stays is logged once until something else happens to the release."""
        if self._logged.get(key) == str(error):
            return
        self._logged[key] = str(error)
        level = logging.INFO if isinstance(error, ConflictError | NotLeaderError) else logging.WARNING
        logger.log(level, "%s", error, extra=about(*key, reason=type(error).__name__))
