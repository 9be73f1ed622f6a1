"""The ASGI layer around the others: identifies, counts, times, traces and logs requests, and signs every response."""

import asyncio
import logging
import time
from collections.abc import Collection
from http import HTTPStatus
from typing import Protocol

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bert_server.api.problems import ProblemError
from bert_server.calls import Call, Stage, current_call
from bert_server.connections import ON_CLIENT_LEFT
from bert_server.identity import Identity
from bert_server.settings import Settings
from bert_server.telemetry.endpoints import Endpoints
from bert_server.telemetry.logs import EXTRA_FIELDS
from bert_server.telemetry.metrics import Metrics
from bert_server.telemetry.predictions import RecentPredictions
from bert_server.telemetry.throttle import Throttle
from bert_server.telemetry.tracing import Tracing
from bert_server.telemetry.w3c import REQUEST_ID_HEADER, Origin, origin_of

logger = logging.getLogger("bert_server.request")

# Not an official status, but the usual word for "the client closed the connection before the answer" in metrics.
CLIENT_CLOSED_REQUEST = 499
# Writing an entry takes as long as refusing a hundred requests.
MOST_LOG_ENTRIES_PER_SECOND = 100
LOGGED_BODY_BYTES = 4096


class Served(Protocol):
    """What the telemetry needs to know of the service."""

    @property
    def settings(self) -> Settings: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def draining(self) -> bool: ...
    @property
    def metrics(self) -> Metrics: ...
    @property
    def predictions(self) -> RecentPredictions: ...


class Telemetry:
    """Pure ASGI: a wrapper that builds request objects would cost more than the counting.

    `measured_paths` are the routes of the model endpoints, parameters included; each is announced to the metrics.
    """

    def __init__(
        self, app: ASGIApp, service: Served, measured_paths: Collection[str], tracing: Tracing | None = None
    ) -> None:
        self._app = app
        self._service = service
        self._endpoints = Endpoints(measured_paths)
        self._tracing = tracing
        self._throttle = Throttle(MOST_LOG_ENTRIES_PER_SECOND)
        for path in measured_paths:
            service.metrics.announce_endpoint(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        origin = origin_of(scope["headers"])
        started = time.monotonic()
        deadline = started + self._service.settings.deadline_seconds
        call = Call(origin.request_id, started, deadline, by_gate=origin.by_gate)
        if origin.parent is not None:
            call.trace_id = origin.parent.trace_id
        endpoint = self._endpoints.label(scope["path"])
        token = current_call.set(call)
        try:
            if endpoint is None:
                await self._answer(call, scope, receive, send, is_timed=False)
            else:
                await self._measure(call, scope, receive, send, endpoint=endpoint, origin=origin)
        finally:
            current_call.reset(token)

    async def _measure(
        self, call: Call, scope: Scope, receive: Receive, send: Send, *, endpoint: str, origin: Origin
    ) -> None:
        name = f"{scope['method']} {endpoint}"
        trace = self._tracing.begin(call, origin, name) if self._tracing is not None else None
        body = _Recorder(receive) if self._logs_texts() else None
        in_flight = self._service.metrics.in_flight
        in_flight.inc()
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)  # what an answer that breaks off counts as
        try:
            status = await self._answer(call, scope, body or receive, send, is_timed=True)
        finally:
            in_flight.dec()
            duration_seconds = time.monotonic() - call.started
            self._service.metrics.request_done(endpoint, status, duration_seconds, call)
            if status == HTTPStatus.OK:
                self._service.predictions.add(call)
            self._log(call, scope, status, duration_seconds, body)
            if trace is not None:
                trace.end(call, status, self._attributes(scope["method"], endpoint))

    async def _answer(self, call: Call, scope: Scope, receive: Receive, send: Send, *, is_timed: bool) -> int:
        """Returns the status of the response; a bug below becomes a 500 here, with a log entry.

        If the client leaves, the answer is given up where it waits: nobody needs what has not been computed yet.
        """
        status = 0
        has_left = False
        answering = asyncio.current_task()
        assert answering is not None  # noqa: S101  a coroutine runs in one

        def give_up() -> None:
            nonlocal has_left
            has_left = True
            answering.cancel()

        async def signed_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *self._signature(call, is_timed=is_timed)]
            await send(message)

        scope[ON_CLIENT_LEFT] = give_up
        try:
            await self._app(scope, receive, signed_send)
        except ClientDisconnect:
            return CLIENT_CLOSED_REQUEST
        except asyncio.CancelledError:
            if not has_left:
                raise
            return CLIENT_CLOSED_REQUEST
        except Exception:
            logger.exception("a bug: the request could not be answered")
            if status:
                raise  # half an answer is out; only cutting the connection tells the client
            await _internal_error(scope["path"])(scope, receive, signed_send)
        return CLIENT_CLOSED_REQUEST if has_left else status

    def _attributes(self, method: str, endpoint: str) -> dict[str, str]:
        identity = self._service.identity
        return {
            "http.request.method": method,
            "http.route": endpoint,
            "bert.version": identity.version,
            "bert.fingerprint": identity.fingerprint,
        }

    def _signature(self, call: Call, *, is_timed: bool) -> list[tuple[bytes, bytes]]:
        headers = [(REQUEST_ID_HEADER, call.request_id.encode()), *self._service.identity.headers()]
        if is_timed:
            headers.append((b"x-bert-queue-ms", _milliseconds(call, Stage.QUEUE)))
            headers.append((b"x-bert-inference-ms", _milliseconds(call, Stage.INFER)))
        if self._service.draining:
            # Sends the client's next request to a server that stays.
            headers.append((b"connection", b"close"))
        return headers

    def _logs_texts(self) -> bool:
        return self._service.settings.log_texts and logger.isEnabledFor(logging.DEBUG)

    def _log(self, call: Call, scope: Scope, status: int, duration_seconds: float, body: "_Recorder | None") -> None:
        level = _log_level(status)
        if not logger.isEnabledFor(level) or not (level == logging.DEBUG or self._throttle.passes()):
            return
        fields = {"method": scope["method"], "path": scope["path"], "status": status}
        fields["duration_ms"] = round(duration_seconds * 1000, 3)
        fields |= {f"{stage}_ms": round(seconds * 1000, 3) for stage, seconds in call.stage_seconds.items()}
        if body is not None:
            fields["body"] = body.text()
        if left_out := self._throttle.take_held_back():
            fields["entries_left_out"] = left_out
        logger.log(level, "request answered", extra={EXTRA_FIELDS: fields})


class _Recorder:
    """Passes a request's body on and keeps its beginning."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._beginning = b""

    async def __call__(self) -> Message:
        message = await self._receive()
        room = LOGGED_BODY_BYTES - len(self._beginning)
        self._beginning += message.get("body", b"")[:room]
        return message

    def text(self) -> str:
        return self._beginning.decode("utf-8", "replace")


def _milliseconds(call: Call, stage: Stage) -> bytes:
    return b"%.3f" % (call.stage_seconds.get(stage, 0.0) * 1000)


def _internal_error(path: str) -> ASGIApp:
    problem = ProblemError(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal-error",
        "the server failed on this request; its log has the details",
    )
    return problem.response(path)


def _log_level(status: int) -> int:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return logging.ERROR
    return logging.INFO if status >= HTTPStatus.BAD_REQUEST else logging.DEBUG
