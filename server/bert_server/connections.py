"""What a connection may do: how many there are, how long requests and answers may take, how long headers are."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, cast

from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from bert_server.api.problems import MEDIA_TYPE, ProblemError
from bert_server.flow import NO_TRAILERS, GuardedFlow
from bert_server.upgrades import OfferBlindParser

# Headers or trailers longer than one read of the transport and this are refused; ordinary ones have some hundred bytes.
MAX_HEADER_BYTES = 64 * 1024
# One read can hold ten thousand short requests, which take a hundred times as much memory as their bytes.
MAX_PIPELINED = 1000

# Where a request's scope holds what the application wants to be called if the client leaves before its answer. Waiting
# for the message that says so would cost each request a task.
ON_CLIENT_LEFT = "bert_server.on_client_left"


@dataclass(frozen=True, slots=True)
class Limits:
    max_connections: int
    receive_seconds: float
    send_seconds: float


class Arriving(Enum):
    """The part of a request that is on its way."""

    NOTHING = auto()
    HEADERS = auto()
    BODY = auto()


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's own, which has no such limits: a few slow clients could hold all connections for ever.

    Requests that arrive whole and are answered to clients who read, as most are, start no timer.
    """

    flow: GuardedFlow

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: Limits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.parser: OfferBlindParser = OfferBlindParser(self)
        self._limits = limits
        self._arriving = Arriving.NOTHING
        self._unanswered = 0
        # Bytes of reads that held nothing but a part of headers or trailers; whether the last one held more.
        self._header_bytes = 0
        self._has_progressed = False
        self._receive_timer: asyncio.TimerHandle | None = None
        self._send_timer: asyncio.TimerHandle | None = None
        # Once no more requests are taken: what is said behind the answers to those that were.
        self._last_words: bytes | None = None
        self._answered: RequestResponseCycle | None = None  # the others of a pipeline wait for it

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.flow = GuardedFlow(transport, self.pipeline)
        if len(self.connections) > self._limits.max_connections:
            transport.abort()
            return
        # uvicorn waits for ever for a first request, but not for a second one.
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_receive_timer()
        self._stop_send_timer()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)
        answered = self._answered
        if answered is not None and not answered.response_complete:
            answered.disconnected = True
            on_client_left = cast(dict[str, Any], answered.scope).get(ON_CLIENT_LEFT)
            if on_client_left is not None:
                on_client_left()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        self._has_progressed = False
        super().data_received(data)
        if self._last_words is not None:
            return
        if self._arriving is Arriving.NOTHING:
            if not self._unanswered:
                # An empty line, or the rest of a body behind its answer: uvicorn has stopped waiting.
                self._await_request()
            return
        self._header_bytes = 0 if self._has_progressed else self._header_bytes + len(data)
        if self._header_bytes > MAX_HEADER_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", {"limit": MAX_HEADER_BYTES})
        elif self._receive_timer is None:
            self._start_receive_timer()

    def on_message_begin(self) -> None:
        self._arriving = Arriving.HEADERS
        self._has_progressed = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self.parser.notice_offer():
            return
        if len(self.pipeline) >= MAX_PIPELINED:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS, "too-many-pipelined", {"limit": MAX_PIPELINED})
            raise OverflowError  # ends the parser's work on this read
        super().on_headers_complete()
        self._unanswered += 1
        self._arriving = Arriving.BODY
        self._has_progressed = True
        self.headers = NO_TRAILERS

    def on_body(self, body: bytes) -> None:
        self._has_progressed = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.is_offer:
            return
        self._arriving = Arriving.NOTHING
        self._stop_receive_timer()
        super().on_message_complete()
        # A long body stops the reading. The application has all of it now, and only who reads sees a client leave.
        self.flow.resume_reading()

    def on_response_complete(self) -> None:
        self._unanswered -= 1
        super().on_response_complete()
        if self.transport.is_closing():
            self._start_send_timer()
        elif self._last_words is not None:
            self._close_when_answered(self._last_words)
        elif self._receive_timer is not None:
            # The next request may have been held up until now by the one that has just been answered.
            self._stop_receive_timer()
            self._start_receive_timer()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_send_timer()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._stop_send_timer()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._start_send_timer()

    def send_400_response(self, msg: str) -> None:
        """uvicorn's word that the parser cannot go on; it would say so before the answers to earlier requests."""
        del msg
        self._refuse(HTTPStatus.BAD_REQUEST, "not-http", {})

    def _await_request(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _start_receive_timer(self) -> None:
        self._receive_timer = self.loop.call_later(self._limits.receive_seconds, self._took_too_long)

    def _stop_receive_timer(self) -> None:
        if self._receive_timer is not None:
            self._receive_timer.cancel()
            self._receive_timer = None

    def _start_send_timer(self) -> None:
        if self._send_timer is None:
            self._send_timer = self.loop.call_later(self._limits.send_seconds, self.transport.abort)

    def _stop_send_timer(self) -> None:
        if self._send_timer is not None:
            self._send_timer.cancel()
            self._send_timer = None

    def _took_too_long(self) -> None:
        self._receive_timer = None
        if self.flow.read_paused:
            # It is we who do not read: requests before this one are still being answered.
            self._start_receive_timer()
            return
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "request-timeout", {"limit_seconds": self._limits.receive_seconds})

    def _refuse(self, status: HTTPStatus, kind: str, members: Mapping[str, object]) -> None:
        """Take no more requests, and close once those before are answered, with a reason if there is a place for it."""
        if self.transport.is_closing() or self._last_words is not None:
            return
        self._stop_receive_timer()
        self.flow.end_reading()
        self._last_words = _response(ProblemError(status, kind, _SENTENCES[status], members))
        if self._arriving is Arriving.BODY:
            if self.pipeline:
                self.pipeline.popleft()  # the newest, which is the refused one
                self._unanswered -= 1
            else:
                self._unanswered = 0
                self._last_words = b"" if self.cycle.response_started else self._last_words
        self._close_when_answered(self._last_words)

    def _close_when_answered(self, last_words: bytes) -> None:
        if not self._unanswered:
            self.transport.write(last_words)
            self.transport.close()
            self._start_send_timer()


def _response(problem: ProblemError) -> bytes:
    body = bytes(problem.response().body)
    head = (
        f"HTTP/1.1 {int(problem.status)} {problem.status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


_SENTENCES = {
    HTTPStatus.BAD_REQUEST: "this is not a valid HTTP request",
    HTTPStatus.REQUEST_TIMEOUT: "the request took too long to arrive",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "the request's headers or trailers are too long",
    HTTPStatus.TOO_MANY_REQUESTS: "too many requests were sent ahead of their answers; send this one again",
}
