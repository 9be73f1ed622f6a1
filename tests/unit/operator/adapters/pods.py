"""Real HTTP servers on loopback addresses in the place of pods."""

from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web

from bertrelease_operator.adapters.pod_metrics import PodMetrics
from bertrelease_operator.adapters.source import PodTarget, Question
from bertrelease_operator.api.health import Health
from bertrelease_operator.core.evidence.readings import Look

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Pods:
    """Pods that answer on one port, each at a loopback address of its own."""

    def __init__(self) -> None:
        self._runners: list[web.AppRunner] = []
        self.port = 0
        self.session = aiohttp.ClientSession()

    async def start(self, address: str, handler: Handler, path: str = "/metrics") -> None:
        app = web.Application()
        app.router.add_get(path, handler)
        runner = web.AppRunner(app)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, address, self.port).start()
        self.port = self.port or runner.addresses[0][1]

    async def look(self, *targets: PodTarget) -> Look:
        question = Question("default", "bert", "v1.1.0", "v1.0.0", targets, Health())
        return await PodMetrics(self.session, port=self.port, now=lambda: 1000.0).look(question)

    async def close(self) -> None:
        await self.session.close()
        for runner in self._runners:
            await runner.cleanup()


def answering(page: str, status: int = 200) -> Handler:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text=page, status=status)

    return handler


def target(number: int, version: str = "v1.1.0", *, ready: bool = True, restarts: int = 0) -> PodTarget:
    return PodTarget(f"uid-{number}", f"pod-{number}", f"127.0.0.{number}", version, ready=ready, restarts=restarts)
