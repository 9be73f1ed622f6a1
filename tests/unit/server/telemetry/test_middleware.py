import asyncio
import json
import logging
import re
from pathlib import Path

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bert_server.calls import Call, Stage, current_call
from bert_server.settings import Settings
from bert_server.telemetry.logs import EXTRA_FIELDS
from bert_server.telemetry.middleware import MOST_LOG_ENTRIES_PER_SECOND, Telemetry
from tests.unit.server.telemetry.served import FINGERPRINT, FakeService, ask

PATHS = ["/fill-mask", "/v2/models/{name}/infer"]
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def calls() -> list[Call]:
    """What the application was told of each request."""
    return []


@pytest.fixture
def app(service: FakeService, calls: list[Call]) -> ASGIApp:
    """Answers with the status that the body names; an empty one stands for a client that has gone."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        call = current_call.get()
        calls.append(call)
        call.stage_seconds |= {Stage.QUEUE: 0.0015, Stage.INFER: 0.25}
        call.confidences.append(0.75)
        body = await Request(scope, receive).body()
        if not body:
            raise ClientDisconnect
        await Response(status_code=int(body))(scope, receive, send)

    return Telemetry(answer, service, PATHS)


def failing(service: FakeService, *, late: bool) -> ASGIApp:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        if late:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("a bug")

    return Telemetry(fail, service, PATHS)


def fields(record: logging.LogRecord) -> dict[str, object]:
    found: dict[str, object] = getattr(record, EXTRA_FIELDS)
    return found


async def test_requests_of_gates_are_counted_apart_from_those_of_users(service: FakeService, app: ASGIApp) -> None:
    await ask(app, headers={"x-bert-gate": "golden"}, body=(b"500",))
    assert service.value("bert_gate_requests_total", endpoint="/fill-mask", status="500") == 1
    assert service.value("bert_requests_total", endpoint="/fill-mask", status="500") is None
    assert service.value("bert_request_duration_seconds_count", endpoint="/fill-mask") == 0
    assert service.value("bert_prediction_confidence_count") == 0
    await ask(app, body=(b"500",))
    assert service.value("bert_requests_total", endpoint="/fill-mask", status="500") == 1


async def test_requests_are_counted_by_status_and_timed(service: FakeService, app: ASGIApp) -> None:
    for status in (b"200", b"200", b"422", b""):
        if status:
            await ask(app, body=[status])
    assert service.value("bert_requests_total", endpoint="/fill-mask", status="200") == 2
    assert service.value("bert_requests_total", endpoint="/fill-mask", status="422") == 1
    assert service.value("bert_request_duration_seconds_count", endpoint="/fill-mask") == 3
    assert service.value("bert_requests_in_flight") == 0
    assert service.value("bert_stage_duration_seconds_count", stage="infer") == 3
    assert service.value("bert_stage_duration_seconds_sum", stage="infer") == pytest.approx(0.75)
    assert service.value("bert_prediction_confidence_bucket", le="0.8") == 3


async def test_whatever_path_is_asked_for_the_labels_are_the_routes(service: FakeService, app: ASGIApp) -> None:
    for path in ["/v2/models/a/infer", "/v2/models/b/infer", "/v2/models/b/c/infer", "/health", "/made-up"]:
        await ask(app, path, body=[b"200"])
    endpoints = {
        sample.labels["endpoint"]: sample.value
        for metric in service.metrics.registry.collect()
        for sample in metric.samples
        if sample.name == "bert_requests_total"
    }
    assert endpoints == {"/fill-mask": 0, "/v2/models/{name}/infer": 2}


async def test_a_client_that_left_before_the_answer_counts_as_499(service: FakeService, app: ASGIApp) -> None:
    with pytest.raises(ValueError, match="not enough values"):  # nothing was sent
        await ask(app, body=[b""])
    assert service.value("bert_requests_total", endpoint="/fill-mask", status="499") == 1


async def test_a_bug_becomes_a_500_that_is_counted_and_gives_nothing_away(service: FakeService) -> None:
    response = await ask(failing(service, late=False))
    assert response.status == 500
    assert b"a bug" not in response.body
    assert response.headers["x-bert-version"] == "v1.2.3"
    assert service.value("bert_requests_total", endpoint="/fill-mask", status="500") == 1


async def test_a_bug_is_told_in_the_form_of_the_protocol_that_was_spoken(service: FakeService) -> None:
    response = await ask(failing(service, late=False), "/v2/models/toy/infer")
    assert list(json.loads(response.body)) == ["error"]


async def test_a_bug_after_the_response_began_cuts_the_connection_and_is_counted_as_500(service: FakeService) -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        await ask(failing(service, late=True))
    assert service.value("bert_requests_total", endpoint="/fill-mask", status="500") == 1
    assert service.value("bert_requests_in_flight") == 0


async def test_responses_carry_who_answered_and_where_the_time_went(app: ASGIApp) -> None:
    response = await ask(app, headers={"x-request-id": "请求".encode().decode("latin-1")}, body=[b"200"])
    assert response.headers["x-bert-version"] == "v1.2.3"
    assert response.headers["x-bert-fingerprint"] == FINGERPRINT
    assert response.headers["x-bert-queue-ms"] == "1.500"
    assert response.headers["x-bert-inference-ms"] == "250.000"
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])  # the one that came was no ASCII
    assert "connection" not in response.headers


async def test_other_endpoints_have_no_times_but_an_id(app: ASGIApp) -> None:
    headers = (await ask(app, "/version", headers={"x-request-id": "me-1"}, body=[b"200"])).headers
    assert headers["x-request-id"] == "me-1"
    assert "x-bert-queue-ms" not in headers


async def test_a_server_that_is_told_to_stop_closes_connections(service: FakeService, app: ASGIApp) -> None:
    service.draining = True
    assert (await ask(app, body=[b"200"])).headers["connection"] == "close"


async def test_the_application_is_told_of_its_call_and_calls_do_not_leak(app: ASGIApp, calls: list[Call]) -> None:
    await ask(app, headers={"x-request-id": "abc", "traceparent": TRACEPARENT}, body=[b"200"])
    await ask(app, body=[b"200"])
    assert [call.trace_id for call in calls] == ["0af7651916cd43dd8448eb211c80319c", ""]
    assert calls[0].request_id == "abc"
    assert calls[0].deadline - calls[0].started == pytest.approx(3)
    assert current_call.get(None) is None


async def test_requests_side_by_side_have_calls_of_their_own(service: FakeService) -> None:
    both_are_in = asyncio.Barrier(2)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        before = current_call.get().request_id
        await both_are_in.wait()
        assert current_call.get().request_id == before
        await Response(before)(scope, receive, send)

    app = Telemetry(answer, service, PATHS)
    responses = await asyncio.gather(*(ask(app, headers={"x-request-id": name}) for name in ("a", "b")))
    assert [response.headers["x-request-id"] for response in responses] == ["a", "b"]


async def test_refusals_are_logged_with_their_stages_and_successes_only_at_debug(
    app: ASGIApp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for status in (b"200", b"429", b"503"):
        await ask(app, body=[status])
    assert [(record.levelname, fields(record)["status"]) for record in caplog.records] == [
        ("INFO", 429),
        ("ERROR", 503),
    ]
    assert fields(caplog.records[0])["infer_ms"] == 250


async def test_a_flood_of_refusals_leaves_few_entries_and_their_number(
    app: ASGIApp, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    now = 1000.0
    assert isinstance(app, Telemetry)
    monkeypatch.setattr(app._throttle, "_clock", lambda: now)
    for _ in range(MOST_LOG_ENTRIES_PER_SECOND + 5):
        await ask(app, body=[b"429"])
    assert len(caplog.records) == MOST_LOG_ENTRIES_PER_SECOND
    now += 1
    await ask(app, body=[b"429"])
    assert fields(caplog.records[-1])["entries_left_out"] == 5


@pytest.mark.parametrize("log_texts", [False, True])
async def test_the_text_of_a_request_is_logged_only_when_asked_for(
    log_texts: bool, service: FakeService, caplog: pytest.LogCaptureFixture
) -> None:
    async def read(scope: Scope, receive: Receive, send: Send) -> None:
        assert await Request(scope, receive).body() == "机密[MASK]".encode()
        await Response()(scope, receive, send)

    caplog.set_level(logging.DEBUG)
    service.settings = Settings(bundle=(Path("bundle"),), log_texts=log_texts)
    whole = "机密[MASK]".encode()
    await ask(Telemetry(read, service, PATHS), body=[whole[:4], whole[4:]])
    logged = [fields(record).get("body") for record in caplog.records if record.name == "bert_server.request"]
    assert logged == (["机密[MASK]"] if log_texts else [None])


async def test_what_is_no_http_is_passed_on(service: FakeService) -> None:
    seen = []

    async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["type"], current_call.get(None)))

    async def nothing(*_: object) -> None:
        raise AssertionError

    await Telemetry(lifespan, service, PATHS)({"type": "lifespan"}, nothing, nothing)  # type: ignore[arg-type]
    assert seen == [("lifespan", None)]
