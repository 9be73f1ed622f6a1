"""A receiver of HTTP requests that remembers them, and messages to send it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bertrelease_operator.adapters.notify.contract import Message
from bertrelease_operator.api.notifications import NoticeKind
from bertrelease_operator.api.status import NoticeStatus

ROLLED_BACK = Message(
    "nlp",
    "fill-mask",
    NoticeStatus(
        id="RolledBack/v1.1.0/2026-01-02T03:04:05.000000Z",
        event=NoticeKind.ROLLED_BACK,
        version="v1.1.0",
        model="中文完形填空",
        message="v1.1.0 was taken back: “火锅”太多了, 20 of 100 requests failed.",
        at="2026-01-02T03:04:05.000000Z",
        receivers=["ops"],
    ),
)


@dataclass
class Receiver:
    """Answers each POST with `status`."""

    status: int = 200
    location: str = ""
    requests: list[tuple[str, str, Any]] = field(default_factory=list)  # path with query, content type, JSON
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        self.requests.append((request.path_qs, request.headers["Content-Type"], await request.json()))
        headers = {"Location": self.location} if self.location else {}
        return web.json_response({"errcode": 0, "code": 0}, status=self.status, headers=headers)


@asynccontextmanager
async def receiving(status: int = 200, location: str = "") -> AsyncIterator[Receiver]:
    """On a port of the loopback."""
    receiver = Receiver(status, location)
    app = web.Application()
    app.add_routes([web.post("/{path:.*}", receiver.take)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        receiver.url = f"http://{host}:{port}"
        yield receiver
    finally:
        await runner.cleanup()
