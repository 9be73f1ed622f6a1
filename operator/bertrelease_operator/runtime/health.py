"""HTTP for the kubelet and for Prometheus: /healthz, /readyz, /metrics."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bertrelease_operator.runtime.controller import Controller
from bertrelease_operator.runtime.heartbeat import WatchHeartbeat
from bertrelease_operator.runtime.queue import WorkQueue
from bertrelease_operator.runtime.records import ReleaseKey
from bertrelease_operator.runtime.telemetry import Telemetry
from bertrelease_operator.runtime.watcher import EvidenceWatcher

# A pass ends within a few request timeouts, and a failed one leaves the queue until its backoff is over.
STUCK_SECONDS: Final = 120.0
# kopf starts its watches one after another, and needs a moment to do it again.
UNWATCHED_SECONDS: Final = 30.0


class Health:
    """Liveness is about what only a restart can mend; an API server that is away is not our illness.

    A blocked event loop cannot answer at all, which the kubelet takes for what it is.
    """

    def __init__(
        self,
        queue: WorkQueue[ReleaseKey],
        heartbeat: WatchHeartbeat,
        unwatched: Callable[[], list[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue = queue
        self._heartbeat = heartbeat
        self._unwatched = unwatched
        self._clock = clock
        self._all_watched_at = clock()

    def problems(self) -> list[str]:
        """Why the process should be restarted; empty when it is well."""
        found = []
        missing = self._unwatched()
        if not missing:
            self._all_watched_at = self._clock()
        elif self._clock() - self._all_watched_at > UNWATCHED_SECONDS:
            found.append(f"nothing watches {', '.join(missing)}")
        if deaf := self._heartbeat.deaf_kinds():
            found.append(f"the watch of {', '.join(deaf)} does not tell of our own writes")
        age = self._queue.oldest_age_seconds()
        if age > STUCK_SECONDS:
            found.append(f"a release has been in the queue for {age:.0f} s")
        return found


def application(
    health: Health,
    controller: Controller,
    queue: WorkQueue[ReleaseKey],
    watcher: EvidenceWatcher,
    telemetry: Telemetry,
) -> web.Application:
    """The aiohttp application that answers."""

    async def healthz(_request: web.Request) -> web.Response:
        problems = health.problems()
        return web.Response(status=503 if problems else 200, text="; ".join(problems) or "ok")

    async def readyz(_request: web.Request) -> web.Response:
        if controller.primed:
            return web.Response(text="ok")
        return web.Response(status=503, text="still reading the cluster's objects")

    async def metrics(_request: web.Request) -> web.Response:
        telemetry.queue_depth.set(queue.depth)
        telemetry.queue_age.set(queue.oldest_age_seconds())
        telemetry.watched.set(watcher.active)
        # In a thread of its own: with a thousand releases it takes as long as many passes.
        page = await asyncio.to_thread(telemetry.page)
        return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    return app
