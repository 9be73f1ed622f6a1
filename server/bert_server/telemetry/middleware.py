"""The outermost ASGI layer: counts, times and logs requests, and signs every response."""

import logging
import time
from collections.abc import Collection
from http import HTTPStatus

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bert_server.api.problems import ProblemError
from bert_server.service import Service
from bert_server.telemetry.logs import EXTRA_FIELDS

logger = logging.getLogger("bert_server.request")

# Not an official status, but the usual word for "the client closed the connection before the answer" in metrics.
CLIENT_CLOSED_REQUEST = 499


class Telemetry:
    """Pure ASGI: a wrapper that builds request objects would cost more than the counting."""

    def __init__(self, app: ASGIApp, service: Service, measured_paths: Collection[str]) -> None:
        self._app = app
        self._service = service
        self._measured = frozenset(measured_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] in self._measured:
            with self._service.metrics.in_flight.track_inprogress():
                await self._measure(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _measure(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)  # what an answer that breaks off counts as
        try:
            status = await self._answer(scope, receive, send)
        finally:
            self._record(scope, status, time.perf_counter() - started)

    def _record(self, scope: Scope, status: int, duration_seconds: float) -> None:
        self._service.metrics.request_done(scope["path"], status, duration_seconds)
        level = _log_level(status)
        if logger.isEnabledFor(level):
            fields = {"method": scope["method"], "path": scope["path"], "status": status}
            fields["duration_ms"] = round(duration_seconds * 1000, 3)
            logger.log(level, "request answered", extra={EXTRA_FIELDS: fields})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Returns the status of the response; a bug below becomes a 500 here, with a log entry."""
        status = 0

        async def signed_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *self._signature()]
            await send(message)

        try:
            await self._app(scope, receive, signed_send)
        except ClientDisconnect:
            return CLIENT_CLOSED_REQUEST
        except Exception:
            logger.exception("a bug: the request could not be answered")
            if status:
                raise  # half an answer is out; only cutting the connection tells the client
            await _internal_error()(scope, receive, signed_send)
        return status

    def _signature(self) -> list[tuple[bytes, bytes]]:
        headers = self._service.identity.headers()
        if self._service.draining:
            # Sends the client's next request to a server that stays.
            headers.append((b"connection", b"close"))
        return headers


def _internal_error() -> ASGIApp:
    problem = ProblemError(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal-error",
        "the server failed on this request; its log has the details",
    )
    return problem.response()


def _log_level(status: int) -> int:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return logging.ERROR
    return logging.INFO if status >= HTTPStatus.BAD_REQUEST else logging.DEBUG
