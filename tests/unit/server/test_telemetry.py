import json
import logging
import re
from collections.abc import Mapping

import httpx
import pytest
from prometheus_client import generate_latest
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from bert_server.app import create_app, import_middleware
from bert_server.errors import SettingsError
from bert_server.identity import Identity
from bert_server.service import Service
from bert_server.telemetry import process
from bert_server.telemetry.logs import EXTRA_FIELDS, JsonFormatter


class Bug:
    """Fails on model requests, before or after the response has begun."""

    def __init__(self, app: ASGIApp, *, late: bool = False) -> None:
        self._app, self._late = app, late

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._late:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("a bug")


def _client(service: Service, *middleware: Middleware) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=create_app(service, middleware), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://toy")


def _value(service: Service, name: str, labels: Mapping[str, str]) -> float | None:
    return service.metrics.registry.get_sample_value(name, {"version": "v1.2.3", **labels})


async def test_model_requests_are_counted_by_status_and_timed(service: Service) -> None:
    async with _client(service) as client:
        for body in [{"text": "上[MASK]"}, {"text": "上[MASK]"}, {"text": "上"}]:
            await client.post("/fill-mask", json=body)
    labels = {"endpoint": "/fill-mask"}
    assert _value(service, "bert_requests_total", {**labels, "status": "200"}) == 2
    assert _value(service, "bert_requests_total", {**labels, "status": "422"}) == 1
    assert _value(service, "bert_request_duration_seconds_count", labels) == 3
    assert _value(service, "bert_requests_in_flight", {}) == 0


async def test_probes_and_unknown_paths_leave_no_series(service: Service) -> None:
    async with _client(service) as client:
        for path in ["/health", "/ready", "/version", "/made-up"]:
            await client.get(path)
    assert set(re.findall(r'endpoint="([^"]*)"', generate_latest(service.metrics.registry).decode())) == {"/fill-mask"}


async def test_a_bug_becomes_a_500_that_is_counted_and_gives_nothing_away(service: Service) -> None:
    async with _client(service, Middleware(Bug)) as client:
        response = await client.post("/fill-mask", json={"text": "上[MASK]"})
    assert (response.status_code, response.json()["status"]) == (500, 500)
    assert "a bug" not in response.text
    assert response.headers["x-bert-version"] == "v1.2.3"
    assert _value(service, "bert_requests_total", {"endpoint": "/fill-mask", "status": "500"}) == 1


async def test_a_bug_after_the_response_began_cuts_the_connection_and_is_counted_as_500(service: Service) -> None:
    sent = []

    async def send(message: object) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "POST", "path": "/fill-mask", "headers": [], "query_string": b""}
    with pytest.raises(RuntimeError, match="a bug"):
        await create_app(service, [Middleware(Bug, late=True)])(scope, receive, send)
    assert len(sent) == 1
    assert _value(service, "bert_requests_total", {"endpoint": "/fill-mask", "status": "500"}) == 1


def test_the_names_and_labels_that_the_operator_reads_are_there_from_the_start(service: Service) -> None:
    create_app(service)
    lines = generate_latest(service.metrics.registry).decode().splitlines()
    series = {line.rpartition(" ")[0] for line in lines if not line.startswith("#") and "_bucket" not in line}
    fingerprint = service.identity.fingerprint
    assert series == {
        'bert_requests_total{endpoint="/fill-mask",status="200",version="v1.2.3"}',
        'bert_request_duration_seconds_count{endpoint="/fill-mask",version="v1.2.3"}',
        'bert_request_duration_seconds_sum{endpoint="/fill-mask",version="v1.2.3"}',
        'bert_requests_in_flight{version="v1.2.3"}',
        f'bert_model_loaded{{fingerprint="{fingerprint}",version="v1.2.3"}}',
        'bert_model_load_duration_seconds{version="v1.2.3"}',
        'bert_model_load_failures_total{version="v1.2.3"}',
        'process_cpu_seconds_total{version="v1.2.3"}',
        'process_resident_memory_bytes{version="v1.2.3"}',
        'process_start_time_seconds{version="v1.2.3"}',
    }


def test_the_process_figures_are_plausible() -> None:
    assert process.cpu_seconds() > 0
    assert 10 * 2**20 < process.resident_bytes() < 100 * 2**30
    assert process.age_seconds() > 0


def test_a_log_line_is_one_json_object_with_the_identity_and_the_extra_fields() -> None:
    formatter = JsonFormatter(lambda: Identity("v1.2.3", "toy", "sha256:abc"))
    record = logging.LogRecord("name", logging.WARNING, "file", 1, "第 %d 行\n", (1,), None)
    setattr(record, EXTRA_FIELDS, {"status": 429})
    line = formatter.format(record)
    assert "\n" not in line
    entry = json.loads(line)
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "level": "warning",
        "logger": "name",
        "message": "第 1 行\n",
        "version": "v1.2.3",
        "release": "toy",
        "fingerprint": "sha256:abc",
        "status": 429,
    }


async def test_no_log_line_holds_the_text_of_a_request(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with _client(service) as client:
        for text in ["机密[MASK]", "机密"]:
            await client.post("/fill-mask", json={"text": text})
    assert [record for record in caplog.records if record.name == "bert_server.request"]
    assert "机密" not in caplog.text


@pytest.mark.parametrize("reference", ["no_such_module:x", "json:no_such_name", "json:__name__"])
def test_middleware_that_cannot_be_used_is_refused_by_name(reference: str) -> None:
    with pytest.raises(SettingsError, match=f"middleware: .*'{reference}'"):
        import_middleware([reference])
