"""The load generator against a server that answers as it is told."""

import asyncio
from itertools import pairwise, repeat

from bert_server.bench.connection import LOST_STATUS, Connections
from bert_server.bench.load import closed_loop, one_by_one, open_loop, poisson_arrivals, steady_arrivals
from bert_server.bench.messages import Target
from tests.unit.server.bench.fakes import FakeServer, http_answer


async def test_each_request_gets_its_own_answer_over_one_kept_connection() -> None:
    async with (
        FakeServer(lambda path, _: http_answer(body=path.encode())) as server,
        Connections(server.target) as all_,
    ):
        answers = [await all_.ask(server.target.get(f"/{number}")) for number in range(3)]
    assert [answer.body for answer in answers] == [b"/0", b"/1", b"/2"]
    assert {answer.status for answer in answers} == {200}
    assert server.connections == 1


async def test_a_connection_that_the_server_closes_is_replaced() -> None:
    closing = http_answer(headers="connection: close\r\n")
    async with FakeServer(lambda *_: closing) as server, Connections(server.target) as connections:
        answers = [await connections.ask(server.target.get("/")) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert server.connections == 3


async def test_an_answer_that_breaks_off_is_a_lost_one_and_the_next_request_is_served() -> None:
    answers = iter([b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", None, http_answer()])
    async with FakeServer(lambda *_: next(answers)) as server, Connections(server.target) as connections:
        async with connections.connection() as connection:
            asking = asyncio.create_task(connection.ask(server.target.get("/")))
            await server.first_request.wait()
            connection.abandon()
            assert (await asking).status == LOST_STATUS
        statuses = [(await connections.ask(server.target.get("/"))).status for _ in range(2)]
    assert statuses == [LOST_STATUS, 200]


async def test_what_is_no_http_is_a_lost_answer() -> None:
    async with FakeServer(lambda *_: b"hello\r\n\r\n") as server, Connections(server.target) as connections:
        assert (await connections.ask(server.target.get("/"))).status == LOST_STATUS


async def test_a_server_that_is_not_there_loses_requests_instead_of_raising() -> None:
    async with FakeServer(lambda *_: http_answer()) as server:
        target = server.target
    async with Connections(target) as connections:
        recording = await one_by_one(connections, [target.get("/")] * 3)
    assert [sample.status for sample in recording.samples] == [LOST_STATUS] * 3


async def test_an_answer_nobody_waits_for_any_more_never_reaches_the_next_request() -> None:
    echo = FakeServer(lambda path, _: http_answer(body=path.encode()), at_once=2)
    async with echo as server, Connections(server.target) as connections:
        asking = asyncio.create_task(connections.ask(server.target.get("/first")))
        await server.first_request.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        answer = await connections.ask(server.target.get("/second"))
    assert answer.body == b"/second"


async def test_a_closed_loop_keeps_every_client_busy_and_no_more() -> None:
    async with FakeServer(lambda *_: http_answer(), at_once=4) as server, Connections(server.target) as connections:
        requests = iter([server.target.get("/")] * 40)
        recording = await closed_loop(connections, requests, clients=4, seconds=60)
    assert server.most_at_once == server.connections == 4
    assert recording.count(lambda status: status == 200) == 40


async def test_a_closed_loop_does_not_count_its_warm_up() -> None:
    async with FakeServer(lambda *_: http_answer()) as server, Connections(server.target) as connections:
        requests = iter([server.target.get("/")] * 5)
        recording = await closed_loop(connections, requests, clients=1, seconds=1, warm_up_seconds=60)
    assert len(server.requests) == 5
    assert recording.samples == []


async def test_a_closed_loop_ends_with_its_requests() -> None:
    async with FakeServer(lambda *_: http_answer()) as server, Connections(server.target) as connections:
        requests = iter([server.target.get("/")] * 5)
        recording = await closed_loop(connections, requests, clients=2, seconds=60)
    assert len(recording.samples) == len(server.requests) == 5


async def test_an_open_loop_counts_the_time_that_a_request_waited_for_the_generator() -> None:
    """Both requests were due at once, a second before the generator came to them."""
    async with FakeServer(lambda *_: http_answer()) as server, Connections(server.target) as connections:
        recording = await open_loop(connections, repeat(server.target.get("/")), [-1.0, -1.0])
    assert [sample.seconds >= 1 for sample in recording.samples] == [True, True]


async def test_an_open_loop_does_not_wait_for_answers() -> None:
    async with FakeServer(lambda *_: http_answer(), at_once=10) as server, Connections(server.target) as connections:
        recording = await open_loop(connections, repeat(server.target.get("/")), steady_arrivals(1000, 0.01))
    assert server.most_at_once == server.connections == 10
    assert recording.count(lambda status: status == 200) == 10


def test_poisson_arrivals_come_at_the_rate_and_irregularly() -> None:
    moments = list(poisson_arrivals(100, 100, seed=1))
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    mean = sum(gaps) / len(gaps)
    spread = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert 9_500 < len(moments) < 10_500
    assert 0.9 < spread / mean < 1.1  # of an exponential distribution: 1
    assert moments == sorted(moments)
    assert moments[-1] < 100


def test_a_target_writes_its_path_and_headers_into_each_request() -> None:
    target = Target.of_url("http://[::1]:81/base/", {"x-api-key": "k"})
    assert (target.host, target.port) == ("::1", 81)
    assert target.post("/x", {"文": 1}) == (
        b"POST /base/x HTTP/1.1\r\nhost: [::1]:81\r\nx-api-key: k\r\n"
        b"content-type: application/json\r\ncontent-length: 9\r\n\r\n" + '{"文":1}'.encode()
    )
