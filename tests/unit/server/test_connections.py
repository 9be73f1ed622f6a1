"""The limits on connections, with an app that answers with the length of the body it was sent."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from bert_server.connections import MAX_HEADER_BYTES, MAX_PIPELINED, GuardedProtocol, Limits
from tests.unit.server.raw_http import Connection, post, serving

RECEIVE_SECONDS = 0.15
SEND_SECONDS = 0.3
KEEP_ALIVE_SECONDS = 1
ONE_READ_BYTES = 256 * 1024
LARGE_BYTES = 16_000_000  # more than the buffers of both sides
CHUNKED = b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n"
MAX_CONNECTIONS = 3


class BodyLength:
    """Answers at `/now` before it has read the body, elsewhere as soon as `may_answer` is set, at `/large` more."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.disconnects = 0
        self.protocols: list[GuardedProtocol] = []
        self.longest_pipeline = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.longest_pipeline = max(self.longest_pipeline, *(len(protocol.pipeline) for protocol in self.protocols))
        request = Request(scope, receive)
        length = 0
        if scope["path"] != "/now":
            try:
                length = len(await request.body())
            except ClientDisconnect:
                self.disconnects += 1
                return
            await self.may_answer.wait()
        names = {name.decode() for name, _ in scope["headers"]}
        content = "x" * LARGE_BYTES if scope["path"] == "/large" else str(length)
        await PlainTextResponse(content, headers={"x-seen": ",".join(sorted(names))})(scope, receive, send)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> BodyLength:
    app = BodyLength()
    made = GuardedProtocol.connection_made

    def noted(protocol: GuardedProtocol, transport: asyncio.Transport) -> None:
        app.protocols.append(protocol)
        made(protocol, transport)

    monkeypatch.setattr(GuardedProtocol, "connection_made", noted)
    return app


@pytest.fixture
async def port(app: BodyLength) -> AsyncIterator[int]:
    async with serving(app, Limits(MAX_CONNECTIONS, RECEIVE_SECONDS, SEND_SECONDS), KEEP_ALIVE_SECONDS) as port:
        yield port


async def test_whole_requests_follow_each_other_on_a_connection_that_rests_in_between(port: int) -> None:
    connection = await Connection.open(port)
    for _ in range(2):
        await connection.send(post("/", b"abc"))
        assert (await connection.answer()).body == b"3"
        await asyncio.sleep(1.5 * RECEIVE_SECONDS)
    connection.close()


@pytest.mark.parametrize("pieces", [[b"P"], [b"POST / HTTP/1.1\r\n", b"x: y\r\n"], [post("/", b"abc")[:-1]]])
async def test_a_request_that_does_not_arrive_whole_is_answered_408_and_cut(port: int, pieces: list[bytes]) -> None:
    connection = await Connection.open(port)
    for piece in pieces:
        await connection.send(piece)
        await asyncio.sleep(0.01)
    answer = await connection.answer()
    assert (answer.status, answer.headers["connection"]) == (408, "close")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["limit_seconds"] == RECEIVE_SECONDS
    assert await connection.is_closed()


async def test_a_trickle_of_bytes_does_not_keep_the_connection(port: int, app: BodyLength) -> None:
    connection = await Connection.open(port)
    await connection.send(post("/", b"x" * 1000)[:-1000])
    began = asyncio.get_running_loop().time()
    trickle = asyncio.create_task(_trickle(connection))
    assert (await connection.answer()).status == 408
    assert asyncio.get_running_loop().time() - began >= RECEIVE_SECONDS * 0.9
    trickle.cancel()
    connection.close()
    while not app.disconnects:  # noqa: ASYNC110  there is no event for it
        await asyncio.sleep(0.001)


async def test_a_slow_body_after_an_early_answer_is_cut_without_a_second_one(port: int) -> None:
    connection = await Connection.open(port)
    await connection.send(post("/now", b"abc")[:-1])
    assert (await connection.answer()).status == 200
    assert await connection.is_closed()


async def test_the_rest_of_a_body_after_an_early_answer_does_not_break_the_connection(port: int) -> None:
    connection = await Connection.open(port)
    await connection.send(post("/now", b"abc")[:-1])
    assert (await connection.answer()).body == b"0"
    await connection.send(b"c" + post("/", b"four"))
    assert (await connection.answer()).body == b"4"
    connection.close()


async def test_a_request_that_the_server_itself_keeps_waiting_is_not_cut(port: int, app: BodyLength) -> None:
    app.may_answer.clear()
    connection = await Connection.open(port)
    # The second one's body cannot be read while the first one is unanswered.
    sending = asyncio.create_task(connection.send(post("/", b"abc") + post("/", b"x" * 8_000_000)))
    await asyncio.sleep(3 * RECEIVE_SECONDS)
    assert not sending.done()
    app.may_answer.set()
    assert (await connection.answer()).body == b"3"
    assert (await connection.answer()).body == b"8000000"
    await sending
    connection.close()


async def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    connection = await Connection.open(port)
    await connection.send(post("/", b"a") + post("/", b"ab") + post("/", b"abc"))
    assert [(await connection.answer()).body for _ in range(3)] == [b"1", b"2", b"3"]
    connection.close()


async def test_requests_sent_far_ahead_are_not_read_before_their_turn(port: int, app: BodyLength) -> None:
    request = post("/", b"x" * 700)
    connection = await Connection.open(port)
    sending = asyncio.create_task(connection.send(request * 3000))
    for _ in range(3000):
        assert (await connection.answer()).body == b"700"
    await sending
    connection.close()
    assert app.longest_pipeline <= ONE_READ_BYTES / len(request) + 1


async def test_of_a_thousand_short_requests_in_one_packet_the_rest_is_refused_behind_the_answers(port: int) -> None:
    connection = await Connection.open(port)
    await connection.send(b"GET / HTTP/1.1\r\n\r\n" * (MAX_PIPELINED + 100))
    for _ in range(MAX_PIPELINED + 1):
        assert (await connection.answer()).status == 200
    assert (await connection.answer()).status == 429
    assert await connection.is_closed()


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(b"no HTTP\r\n\r\n", id="the next one is none"),
        pytest.param(CHUNKED + b"no length\r\n", id="the body of the next one is none"),
    ],
)
async def test_a_request_is_answered_before_the_one_behind_it_is_refused(
    port: int, app: BodyLength, rest: bytes
) -> None:
    app.may_answer.clear()
    connection = await Connection.open(port)
    await connection.send(post("/", b"a") + post("/", b"ab") + rest)
    await asyncio.sleep(0.05)
    app.may_answer.set()
    assert [(await connection.answer()).body for _ in range(2)] == [b"1", b"2"]
    answer = await connection.answer()
    assert (answer.status, answer.headers["connection"]) == (400, "close")
    assert await connection.is_closed()


async def test_a_client_that_has_sent_all_and_closed_its_half_is_answered(port: int) -> None:
    connection = await Connection.open(port)
    await connection.send(post("/", b"abc", "connection: close\r\n"))
    connection.writer.write_eof()
    assert (await connection.answer()).body == b"3"
    assert await connection.is_closed()


async def test_one_connection_too_many_is_closed_and_the_others_are_not(port: int) -> None:
    others = [await Connection.open(port) for _ in range(MAX_CONNECTIONS)]
    assert await (await Connection.open(port)).is_closed()
    for connection in others:
        await connection.send(post("/", b"abc"))
        assert (await connection.answer()).body == b"3"
    others[0].close()
    await others[0].writer.wait_closed()
    replacement = await Connection.open(port)
    await replacement.send(post("/"))
    assert (await replacement.answer()).status == 200
    for connection in (*others, replacement):
        connection.close()


async def test_endless_headers_are_refused(port: int) -> None:
    connection = await Connection.open(port)
    await connection.send(b"POST / HTTP/1.1\r\nx: ")
    sending = asyncio.create_task(_endless(connection))
    answer = await connection.answer()
    assert (answer.status, answer.json()["limit"]) == (431, MAX_HEADER_BYTES)
    sending.cancel()
    connection.close()


async def test_endless_headers_behind_a_request_do_not_cost_it_its_answer(port: int, app: BodyLength) -> None:
    app.may_answer.clear()
    connection = await Connection.open(port)
    await connection.send(post("/", b"abc") + b"POST / HTTP/1.1\r\nx: ")
    sending = asyncio.create_task(_endless(connection))
    await asyncio.sleep(0.05)
    app.may_answer.set()
    assert (await connection.answer()).body == b"3"
    assert (await connection.answer()).status == 431
    sending.cancel()
    connection.close()


async def test_a_long_body_before_it_does_not_count_as_the_headers_of_a_request(port: int) -> None:
    connection = await Connection.open(port)
    first, second = post("/", b"x" * 100_000), post("/", b"y")
    await connection.send(first[:20])
    await asyncio.sleep(0.05)
    await connection.send(first[20:] + second[:25])
    assert (await connection.answer()).body == b"100000"
    await connection.send(second[25:])
    assert (await connection.answer()).body == b"1"
    connection.close()


async def test_trailers_are_no_headers(port: int) -> None:
    connection = await Connection.open(port)
    await connection.send(CHUNKED)
    await asyncio.sleep(0.05)
    await connection.send(b"0\r\nx-late: 1\r\n\r\n")
    answer = await connection.answer()
    assert (answer.body, answer.headers["x-seen"]) == (b"1", "host,transfer-encoding")
    connection.close()


@pytest.mark.parametrize("line", [b"x" * 1000, b"x: y\r\n" * 200], ids=["one", "many"])
async def test_endless_trailers_are_refused(port: int, line: bytes) -> None:
    connection = await Connection.open(port)
    await connection.send(CHUNKED + b"0\r\nx: y\r\nz")
    sending = asyncio.create_task(_endless(connection, line))
    answer = await connection.answer()
    assert (answer.status, answer.json()["limit"]) == (431, MAX_HEADER_BYTES)
    sending.cancel()
    connection.close()


@pytest.mark.parametrize("headers", ["", "connection: close\r\n"], ids=["kept", "last"])
async def test_a_client_that_does_not_take_its_answer_is_cut(port: int, app: BodyLength, headers: str) -> None:
    connection = await Connection.open(port)
    await connection.send(post("/large", b"", headers))
    await asyncio.sleep(2 * SEND_SECONDS)
    assert app.protocols[0].transport.is_closing()
    assert not app.protocols[0].connections
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await connection.answer()
    connection.close()


async def test_a_large_answer_to_a_client_that_takes_it_comes_whole(port: int) -> None:
    connection = await Connection.open(port)
    for _ in range(2):
        await connection.send(post("/large"))
        assert len((await connection.answer()).body) == LARGE_BYTES
        await asyncio.sleep(1.5 * SEND_SECONDS)
    connection.close()


@pytest.mark.parametrize(
    "pieces",
    [[], [b"\r\n"], [post("/now", b"abc")[:-1], b"c"], [post("/", b"abc")]],
    ids=["nothing", "an empty line", "the rest of a body behind its answer", "a request"],
)
async def test_a_connection_that_rests_for_too_long_is_closed(port: int, app: BodyLength, pieces: list[bytes]) -> None:
    connection = await Connection.open(port)
    for piece in pieces:
        await connection.send(piece)
        await asyncio.sleep(0.05)
    await asyncio.sleep(KEEP_ALIVE_SECONDS * 0.8)
    assert not app.protocols[0].transport.is_closing()
    await asyncio.sleep(KEEP_ALIVE_SECONDS * 0.4)
    assert app.protocols[0].transport.is_closing()
    connection.close()


async def _trickle(connection: Connection) -> None:
    while True:
        await connection.send(b"x")
        await asyncio.sleep(RECEIVE_SECONDS / 10)


async def _endless(connection: Connection, piece: bytes = b"x" * 1000) -> None:
    while True:
        await connection.send(piece)
        await asyncio.sleep(0)


OFFER = "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n"
OFFERING = post("/", b"abc", OFFER)


@pytest.mark.parametrize("cut", [0, 10, len(OFFERING) - 3, len(OFFERING) - 1])
async def test_an_offer_of_another_protocol_is_a_header_like_others(port: int, cut: int) -> None:
    connection = await Connection.open(port)
    await connection.send(OFFERING[:cut])
    await asyncio.sleep(0.02)
    await connection.send(OFFERING[cut:] + OFFERING + post("/", b"ab"))
    answers = [await connection.answer() for _ in range(3)]
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"3"), (200, b"3"), (200, b"2")]
    assert answers[0].headers["x-seen"] == "connection,content-length,host,http2-settings"
    connection.close()


async def test_the_body_of_such_a_request_is_none_by_itself(port: int) -> None:
    connection = await Connection.open(port)
    inner = b"GET /now HTTP/1.1\r\nhost: h\r\n\r\n"
    request = post("/", inner, OFFER)
    await connection.send(request[: -len(inner)])
    await asyncio.sleep(0.02)
    await connection.send(inner + post("/", b"ab"))
    assert [(await connection.answer()).body for _ in range(2)] == [str(len(inner)).encode(), b"2"]
    connection.close()
