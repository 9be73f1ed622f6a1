"""ASGI middleware that breaks a model server on purpose, for demonstrations and tests of rollbacks.

The environment variable FAULT says how: `slow` adds FAULT_DELAY_MS (default 250) to every model request; `errors`
answers FAULT_ERROR_SHARE (default 0.2) of them with 500, and `unavailable` answers all of them with 503. With
FAULT_FILE the fault begins when that file appears, for faults that only show once a version has been promoted. Probes
and metrics stay healthy, as in real life.
"""

import asyncio
import json
import os
import random
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

MODEL_PATHS = frozenset({"/fill-mask"})


def fault(app: App) -> App:
    """The fault that FAULT names. Raises ValueError if it names none."""
    kind = os.environ.get("FAULT", "")
    if kind == "slow":
        faulty: App = Slow(app, delay_seconds=float(os.environ.get("FAULT_DELAY_MS", "250")) / 1000)
    elif kind == "errors":
        faulty = Errors(app, share=float(os.environ.get("FAULT_ERROR_SHARE", "0.2")))
    elif kind == "unavailable":
        faulty = Errors(app, share=1, status=HTTPStatus.SERVICE_UNAVAILABLE)
    else:
        raise ValueError(f"FAULT is {kind!r}; set it to 'slow', 'errors' or 'unavailable'")
    trigger = os.environ.get("FAULT_FILE")
    return Later(app, faulty, Path(trigger)) if trigger else faulty


class Later:
    """The healthy app at first, and the faulty one once `trigger` exists."""

    def __init__(self, healthy: App, faulty: App, trigger: Path) -> None:
        self._healthy = healthy
        self._faulty = faulty
        self._trigger = trigger

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        app = self._faulty if self._trigger.exists() else self._healthy
        await app(scope, receive, send)


class Slow:
    """Every model request takes `delay_seconds` longer."""

    def __init__(self, app: App, delay_seconds: float) -> None:
        self._app = app
        self._delay_seconds = delay_seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if _is_model_request(scope):
            await asyncio.sleep(self._delay_seconds)
        await self._app(scope, receive, send)


class Errors:
    """A `share` of the model requests, chosen at random, fails with `status`."""

    def __init__(self, app: App, share: float, status: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR) -> None:
        self._app = app
        self._share = share
        self._status = status
        self._body = json.dumps({"title": status.phrase, "status": status, "detail": "an injected fault"}).encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if _is_model_request(scope) and random.random() < self._share:  # noqa: S311  chance, not secrecy
            headers = [
                (b"content-type", b"application/problem+json"),
                (b"content-length", str(len(self._body)).encode()),
            ]
            await send({"type": "http.response.start", "status": self._status, "headers": headers})
            await send({"type": "http.response.body", "body": self._body})
        else:
            await self._app(scope, receive, send)


def _is_model_request(scope: Message) -> bool:
    return scope["type"] == "http" and scope["path"] in MODEL_PATHS
