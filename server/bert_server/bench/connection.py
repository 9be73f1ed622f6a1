"""A client's connections: as little work for each request as the event loop allows, since it shares the CPU."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple, Self, cast

import httptools

from bert_server.bench.messages import Target

LOST_STATUS = 0


class Answer(NamedTuple):
    """`status` is LOST_STATUS if the connection ended, or could not be made, before the whole answer was there."""

    status: int
    body: bytes = b""


LOST = Answer(LOST_STATUS)


class Connection(asyncio.Protocol):
    """HTTP/1.1, kept alive, one request at a time."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._body: list[bytes] = []
        self._lost = asyncio.Event()

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes) -> Answer:
        """Send the bytes of one request and wait for its answer."""
        if self._transport is None or self._transport.is_closing():
            return LOST
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._waiting
        except asyncio.CancelledError:
            self.abandon()  # the answer that is still to come belongs to nobody
            raise

    def abandon(self, request: bytes = b"") -> None:
        """Send what is left to send and leave at once, whatever is under way, as a client does that dies."""
        if self._transport is not None:
            self._transport.write(request)
            self._transport.abort()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    async def wait_closed(self) -> None:
        await self._lost.wait()

    # Called by asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._answered(LOST)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None
        self._lost.set()
        self._answered(LOST)

    # Called by the parser.

    def on_message_begin(self) -> None:
        self._body = []

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if not self._parser.should_keep_alive():
            self.close()
        self._answered(Answer(self._parser.get_status_code(), b"".join(self._body)))

    def _answered(self, answer: Answer) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)


class Connections:
    """Open connections, taken again as soon as they are free; the last one used is the next."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._free: list[Connection] = []
        self._all: set[Connection] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: Any) -> None:
        for connection in self._all:
            connection.close()
        await asyncio.gather(*(connection.wait_closed() for connection in self._all))

    async def ask(self, request: bytes) -> Answer:
        try:
            async with self.connection() as connection:
                return await connection.ask(request)
        except OSError:
            return LOST

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """Raises OSError if none can be made."""
        connection = self._free.pop() if self._free else await self._connect()
        while not connection.is_open:
            self._all.discard(connection)
            connection = self._free.pop() if self._free else await self._connect()
        try:
            yield connection
        finally:
            self._free.append(connection)

    def choose(self) -> Target:
        """Whom the next new connection goes to."""
        return self.target

    async def _connect(self) -> Connection:
        target = self.choose()
        _, connection = await asyncio.get_running_loop().create_connection(Connection, target.host, target.port)
        self._all.add(connection)
        return connection
