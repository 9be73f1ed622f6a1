"""The gate, before an app that answers 200 to all that it lets through."""

import pytest
from starlette.responses import PlainTextResponse

from bert_server.connections import Limits
from bert_server.inference.contract import RefusalReason, RefusedError
from bert_server.overload import OverloadGate, overloaded_problem
from tests.unit.server.raw_http import Connection, post, serving

LIMITS = Limits(max_connections=10, receive_seconds=10, send_seconds=10)


class Overloaded:
    """Refuses whoever has less than ten seconds."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def refusal(self, patience_seconds: float) -> RefusedError | None:
        self.asked.append(patience_seconds)
        return RefusedError(RefusalReason.DEADLINE, 1.2345) if patience_seconds < 10 else None


def gate(scheduler: Overloaded) -> OverloadGate:
    return OverloadGate(PlainTextResponse("through"), scheduler, {"/fill-mask": 2.0, "/translate": 20.0}.get)


async def test_under_overload_a_request_is_refused_before_its_body_has_come() -> None:
    async with serving(gate(Overloaded()), LIMITS) as port:
        connection = await Connection.open(port)
        request = post("/fill-mask", b"x" * 1000)
        await connection.send(request[:-1000])
        refused = await connection.answer()
        assert refused.status == 429
        assert refused.headers["retry-after"] == "2"
        assert refused.headers["content-type"] == "application/problem+json"
        problem = refused.json()
        assert (problem["type"], problem["retry_after_ms"]) == ("urn:bert-server:problem:overloaded", 1235)
        # The body comes all the same, and the connection is as good as before.
        await connection.send(request[-1000:] + request + post("/translate", b"abc"))
        assert (await connection.answer()).status == 429
        assert (await connection.answer()).body == b"through"
        connection.close()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /fill-mask HTTP/1.1\r\n\r\n",
        post("/unknown"),
        post("/translate"),
        post("/fill-mask", headers="x-request-deadline-ms: 60000\r\n"),
        post("/fill-mask", headers="x-request-deadline-ms: soon\r\n"),
        post("/fill-mask", headers=f"x-request-deadline-ms: {'1' * 5000}\r\n"),
        post("/fill-mask", headers="x-request-deadline-ms: 1\r\nx-request-deadline-ms: 2\r\n"),
        post("/fill-mask", headers="x-envoy-expected-rq-timeout-ms: 60000\r\n"),
        post("/fill-mask", headers="x-envoy-expected-rq-timeout-ms: 0\r\n"),
    ],
)
async def test_what_is_not_known_to_be_hopeless_passes(request_bytes: bytes) -> None:
    async with serving(gate(Overloaded()), LIMITS) as port:
        connection = await Connection.open(port)
        await connection.send(request_bytes)
        assert (await connection.answer()).body == b"through"
        connection.close()


async def test_a_request_is_judged_by_the_time_that_it_gives_itself() -> None:
    scheduler = Overloaded()
    async with serving(gate(scheduler), LIMITS) as port:
        connection = await Connection.open(port)
        await connection.send(post("/translate", headers="x-request-deadline-ms: 1500\r\n"))
        assert (await connection.answer()).status == 429
        connection.close()
    assert scheduler.asked == [1.5]


async def test_a_refusal_speaks_the_language_of_its_path() -> None:
    app = OverloadGate(PlainTextResponse("through"), Overloaded(), {"/v1/embeddings": 2.0}.get)
    async with serving(app, LIMITS) as port:
        connection = await Connection.open(port)
        await connection.send(post("/v1/embeddings"))
        refused = await connection.answer()
        assert (refused.status, set(refused.json())) == (429, {"error"})
        connection.close()


@pytest.mark.parametrize("reason", RefusalReason)
def test_every_refusal_tells_when_to_come_back(reason: RefusalReason) -> None:
    problem = overloaded_problem(RefusedError(reason, 0.0))
    assert problem.headers == {"Retry-After": "1"}
    assert problem.members == {"reason": reason.value, "retry_after_ms": 1}
