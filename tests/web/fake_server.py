"""A server that serves the real page, and whose answers a test decides."""

import asyncio
import threading
from collections import deque
from dataclasses import dataclass, field
from types import SimpleNamespace, TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bert_server.api import web

VERSION = "v1.2.3"
FINGERPRINT = "sha256:" + "87d5" * 16
HEADERS = {
    "x-bert-version": VERSION,
    "x-bert-fingerprint": FINGERPRINT,
    "x-bert-queue-ms": "0.31",
    "x-bert-inference-ms": "6.24",
    "x-request-id": "0c9f1d",
}
CANDIDATES = [("上", 0.918873), ("中", 0.031), ("下", 0.0111), ("如", 0.004), ("成", 0.0002)]


def _model(name: str, family: str, *tasks: str) -> dict[str, Any]:
    sizes = {"precision": "int8", "max_tokens": 512, "engine": {"name": "fake"}}
    return {"name": name, "family": family, "tasks": [*tasks], "fingerprint": FINGERPRINT, **sizes}


MODELS = [_model("poems", "encoder", "fill-mask", "semantic-similarity"), _model("zh-en", "translator", "translate")]
HOLD_SECONDS = 20


def problem(status: int, kind: str, detail: str, headers: dict[str, str] | None = None, **members: object) -> Response:
    body = {"type": f"urn:bert-server:problem:{kind}", "title": kind, "status": status, "detail": detail, **members}
    return JSONResponse(body, status, {**HEADERS, **(headers or {})}, media_type="application/problem+json")


@dataclass
class FakeServer:
    """Context manager. What a test changes holds until `reset`."""

    tasks: tuple[str, ...] = ("fill-mask", "translate")
    status: str = "ready"
    reason: str = "the models are loaded"
    # Answers that the next requests get in place of a good one.
    next_answers: deque[Response] = field(default_factory=deque)
    # Members that extend good answers.
    extra: dict[str, Any] = field(default_factory=dict)
    # Bodies of requests, by path, as they came.
    asked: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    authorizations: list[str | None] = field(default_factory=list)
    # While this is set, requests wait, unless their client goes away.
    holding: bool = False
    url: str = ""

    def reset(self) -> None:
        fresh = FakeServer(url=self.url)
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(fresh, name))

    def __enter__(self) -> Self:
        service: Any = SimpleNamespace(settings=SimpleNamespace(web_page=True))
        own = [
            Route("/ready", self._ready),
            Route("/version", self._version),
            Route("/fill-mask", self._fill_mask, methods=["POST"]),
            Route("/translate", self._translate, methods=["POST"]),
        ]
        app = Starlette(routes=[*web.routes(service), *own])
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", ws="none"))
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
            assert self._thread.is_alive(), "the fake server did not start"
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.holding = False
        self._server.should_exit = True
        self._thread.join()

    async def _ready(self, request: Request) -> Response:
        del request
        body = {"status": self.status, "reason": self.reason}
        return JSONResponse(body, 200 if self.status == "ready" else 503)

    async def _version(self, request: Request) -> Response:
        del request
        known: dict[str, Any] = {"version": VERSION, "release": "demo", "fingerprint": "", "models": []}
        if self.status != "loading":
            known |= {"fingerprint": FINGERPRINT, "models": [m for m in MODELS if {*self.tasks} & {*m["tasks"]}]}
        return JSONResponse(known)

    async def _fill_mask(self, request: Request) -> Response:
        body = await self._receive(request)
        candidates = [{"token": token, "score": score} for token, score in CANDIDATES[: body["top_k"]]]
        masks = body["text"].count("[MASK]")
        return await self._answer(request, {"result": candidates if masks == 1 else [candidates] * masks})

    async def _translate(self, request: Request) -> Response:
        body = await self._receive(request)
        lines = [f"[{line}]" if line else "" for line in body["text"].split("\n")]
        return await self._answer(request, {"translation": "\n".join(lines)})

    async def _receive(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = await request.json()
        self.asked.setdefault(request.url.path, []).append(body)
        self.authorizations.append(request.headers.get("authorization"))
        return body

    async def _answer(self, request: Request, members: dict[str, Any]) -> Response:
        if self.holding:
            await self._hold(request)
        if self.next_answers:
            return self.next_answers.popleft()
        identity = {"version": VERSION, "fingerprint": FINGERPRINT, "timestamp": "2026-01-22T05:58:21.042Z"}
        return JSONResponse({**members, **identity, **self.extra}, headers=HEADERS)

    async def _hold(self, request: Request) -> None:
        async with asyncio.timeout(HOLD_SECONDS):
            while self.holding:
                if await request.is_disconnected():
                    return
                await asyncio.sleep(0.01)
