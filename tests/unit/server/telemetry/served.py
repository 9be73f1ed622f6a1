"""A service as the telemetry sees it, and ways to ask an application directly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message

from bert_server.identity import Identity
from bert_server.settings import Settings
from bert_server.telemetry.metrics import Metrics
from bert_server.telemetry.predictions import RecentPredictions

FINGERPRINT = "sha256:" + "a" * 64


@dataclass
class FakeService:
    settings: Settings = field(default_factory=lambda: Settings(bundle=(Path("bundle"),), deadline_seconds=3))
    identity: Identity = field(default_factory=lambda: Identity("v1.2.3", "toy", FINGERPRINT))
    draining: bool = False
    metrics: Metrics = field(default_factory=lambda: Metrics("v1.2.3"))
    predictions: RecentPredictions = field(default_factory=lambda: RecentPredictions(16))

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, {"version": "v1.2.3", **labels})


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes


async def ask(
    app: ASGIApp, path: str = "/fill-mask", headers: Mapping[str, str] | None = None, body: Iterable[bytes] = (b"{}",)
) -> Response:
    """POST `body`, a chunk a message. What is raised by the application is raised here."""
    chunks = list(body)
    sent: list[Message] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: Message) -> None:
        sent.append(message)

    raw_headers = [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    scope = {"type": "http", "method": "POST", "path": path, "headers": raw_headers, "query_string": b""}
    await app(scope, receive, send)
    start, *rest = sent
    return Response(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(message["body"] for message in rest),
    )
