"""Refusing early: under overload, requests are answered before their bodies are read."""

import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from bert_server.api.problems import ProblemError
from bert_server.inference.contract import RefusalReason, RefusedError

# With these a request says itself how long it may take. Envoy says 0 where there is no limit.
DEADLINE_HEADER = "x-request-deadline-ms"
ENVOY_TIMEOUT_HEADER = "x-envoy-expected-rq-timeout-ms"
_DEADLINE_HEADERS = frozenset({DEADLINE_HEADER.encode(), ENVOY_TIMEOUT_HEADER.encode()})

_DETAILS = {
    RefusalReason.QUEUE_FULL: "as many requests wait as may",
    RefusalReason.DEADLINE: "what waits already would keep this request from being answered in its time",
    RefusalReason.EXPIRED: "this request's time was over before it could be computed",
    RefusalReason.STOPPING: "the server is being stopped",
}


class RefusesEarly(Protocol):
    """What the gate asks of the scheduler."""

    def refusal(self, patience_seconds: float) -> RefusedError | None: ...


class OverloadGate:
    """ASGI middleware. `patience_seconds` says how long a POST to a path may take; where it says None, and whatever is
    no POST, passes."""

    def __init__(self, app: ASGIApp, scheduler: RefusesEarly, patience_seconds: Callable[[str], float | None]) -> None:
        self._app = app
        self._scheduler = scheduler
        self._patience_seconds = patience_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refusal(scope)
        if refused is None:
            await self._app(scope, receive, send)
            return
        await overloaded_problem(refused).response(scope["path"])(scope, receive, send)

    def _refusal(self, scope: Scope) -> RefusedError | None:
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        patience_seconds = self._patience_seconds(scope["path"])
        if patience_seconds is None:
            return None
        own = [value for name, value in scope["headers"] if name in _DEADLINE_HEADERS]
        if not own:
            return self._scheduler.refusal(patience_seconds)
        # What is no number, or several, the API judges.
        plain = len(own) == 1 and own[0].isdigit() and len(own[0]) < 10
        milliseconds = int(own[0]) if plain else 0
        return self._scheduler.refusal(milliseconds / 1000) if milliseconds else None


def overloaded_problem(refused: RefusedError) -> ProblemError:
    """The 429 for a refusal; `Retry-After` is in whole seconds, `retry_after_ms` tells it finer."""
    retry_after_seconds = max(1, math.ceil(refused.retry_after_seconds))
    retry_after_ms = max(1, math.ceil(refused.retry_after_seconds * 1000))
    return ProblemError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "overloaded",
        f"{_DETAILS[refused.reason]}; try again in {retry_after_ms} ms",
        {"reason": str(refused.reason), "retry_after_ms": retry_after_ms},
        {"Retry-After": str(retry_after_seconds)},
    )
