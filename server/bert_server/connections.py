"""What a connection may do: how many there are, how long a request may take to arrive, how long its headers are."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from bert_server.api.problems import MEDIA_TYPE, ProblemError

# Headers longer than one read of the transport and this are refused; ordinary ones have some hundred bytes.
MAX_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    max_connections: int
    receive_seconds: float


class Arriving(Enum):
    """The part of a request that is on its way."""

    NOTHING = auto()
    HEADERS = auto()
    BODY = auto()


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's own, which has no such limits: a few slow clients could hold all connections for ever.

    Requests that arrive whole, as most do, start no timer.
    """

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
        self._limits = limits
        self._arriving = Arriving.NOTHING
        self._header_bytes = 0
        self._receive_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > self._limits.max_connections:
            transport.abort()
            return
        # uvicorn waits for ever for a first request, but not for a second one.
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        in_headers_already = self._arriving is Arriving.HEADERS
        super().data_received(data)
        if self._arriving is Arriving.HEADERS and in_headers_already:
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADER_BYTES:
                self._refuse(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", {"limit": MAX_HEADER_BYTES}
                )
        if self._arriving is not Arriving.NOTHING and self._receive_timer is None:
            self._start_timer()

    def on_message_begin(self) -> None:
        self._arriving = Arriving.HEADERS
        self._header_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._arriving = Arriving.BODY
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._arriving = Arriving.NOTHING
        self._stop_timer()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._receive_timer is not None:
            # The next request may have been held up until now by the one that has just been answered.
            self._stop_timer()
            self._start_timer()

    def _start_timer(self) -> None:
        self._receive_timer = self.loop.call_later(self._limits.receive_seconds, self._took_too_long)

    def _stop_timer(self) -> None:
        if self._receive_timer is not None:
            self._receive_timer.cancel()
            self._receive_timer = None

    def _took_too_long(self) -> None:
        self._receive_timer = None
        if self.flow.read_paused:
            # It is we who do not read: requests before this one are still being answered.
            self._start_timer()
            return
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "request-timeout", {"limit_seconds": self._limits.receive_seconds})

    def _refuse(self, status: HTTPStatus, kind: str, members: Mapping[str, object]) -> None:
        """Close the connection, with a reason if this is the moment for a response."""
        if self.transport.is_closing():
            return
        if self._may_answer():
            problem = ProblemError(status, kind, _SENTENCES[status], members)
            body = bytes(problem.response().body)
            head = (
                f"HTTP/1.1 {int(status)} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode("ascii") + body)
        self.transport.close()

    def _may_answer(self) -> bool:
        if self._arriving is Arriving.HEADERS:
            return self.cycle is None or self.cycle.response_complete
        return not self.pipeline and not self.cycle.response_started


_SENTENCES = {
    HTTPStatus.REQUEST_TIMEOUT: "the request took too long to arrive",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "the request's headers are too long",
}
