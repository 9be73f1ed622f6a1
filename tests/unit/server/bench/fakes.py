"""A server that answers as it is told, for the load generator's tests."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httptools

from bert_server.bench.messages import Target

# From the path and the body of a request to the bytes to answer with; None hangs up.
Respond = Callable[[str, bytes], bytes | None]


def http_answer(status: int = 200, body: bytes = b"{}", *, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body


class FakeServer:
    """Async context manager; answers nobody before `at_once` requests are waiting."""

    def __init__(self, respond: Respond, *, at_once: int = 1) -> None:
        self._respond = respond
        self._needed = at_once
        self._enough = asyncio.Event()
        self.requests: list[tuple[str, bytes]] = []
        self.first_request = asyncio.Event()
        self.connections = 0
        self.most_at_once = 0
        self._at_once = 0
        self._serving: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.target = Target("127.0.0.1", self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        await self._server.wait_closed()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        arriving = _Arriving()
        parser = httptools.HttpRequestParser(arriving)
        try:
            while data := await reader.read(65536):
                parser.feed_data(data)
                while arriving.complete:
                    answer = await self._answer(*arriving.complete.pop(0))
                    if answer is None:
                        return
                    writer.write(answer)
        finally:
            writer.close()
            await writer.wait_closed()

    async def _answer(self, path: str, body: bytes) -> bytes | None:
        self.requests.append((path, body))
        self.first_request.set()
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        if self._at_once >= self._needed:
            self._enough.set()
        await self._enough.wait()
        self._at_once -= 1
        return self._respond(path, body)


class _Arriving:
    """What the parser has found."""

    def __init__(self) -> None:
        self.complete: list[tuple[str, bytes]] = []
        self._path, self._body = b"", b""

    def on_message_begin(self) -> None:
        self._path, self._body = b"", b""

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self.complete.append((self._path.decode(), self._body))
