"""The demo's faults, around the real application."""

import asyncio
import importlib.util
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from starlette.middleware import Middleware

from bert_server.app import create_app
from bert_server.service import Service

SOURCE = Path(__file__).parents[3] / "examples/faults/bert_faults.py"
REQUEST = {"text": "上[MASK]"}


@pytest.fixture
def faults() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bert_faults", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _client(service: Service, faults: ModuleType) -> httpx.AsyncClient:
    app = create_app(service, [Middleware(faults.fault)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://toy")


async def test_slow_delays_model_requests_only(
    service: Service, faults: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays: list[float] = []

    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    monkeypatch.setenv("FAULT", "slow")
    monkeypatch.setattr(asyncio, "sleep", sleep)
    async with _client(service, faults) as client:
        assert (await client.post("/fill-mask", json=REQUEST)).status_code == 200
        assert (await client.get("/ready")).status_code == 200
    assert delays == [0.25]


async def test_errors_fail_the_stated_share_and_the_servers_own_metrics_see_it(
    service: Service, faults: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    rolls = iter([0.1, 0.9, 0.19, 0.2])
    monkeypatch.setenv("FAULT", "errors")
    monkeypatch.setattr("random.random", lambda: next(rolls))
    async with _client(service, faults) as client:
        statuses = [(await client.post("/fill-mask", json=REQUEST)).status_code for _ in range(4)]
        assert (await client.get("/ready")).status_code == 200
    assert statuses == [500, 200, 500, 200]
    labels = {"endpoint": "/fill-mask", "status": "500", "version": "v1.2.3"}
    assert service.metrics.registry.get_sample_value("bert_requests_total", labels) == 2


async def test_unavailable_answers_every_model_request_with_503(
    service: Service, faults: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULT", "unavailable")
    async with _client(service, faults) as client:
        answer = await client.post("/fill-mask", json=REQUEST)
        assert (answer.status_code, answer.json()["title"]) == (503, "Service Unavailable")
        assert (await client.get("/ready")).status_code == 200


@pytest.mark.parametrize("kind", ["", "fast"])
def test_an_unknown_fault_is_refused(
    service: Service, faults: ModuleType, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("FAULT", kind)
    with pytest.raises(ValueError, match="set it to 'slow', 'errors' or 'unavailable'"):
        faults.fault(create_app(service))


async def test_a_fault_with_a_file_begins_when_the_file_appears(
    service: Service, faults: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trigger = tmp_path / "fault"
    monkeypatch.setenv("FAULT", "errors")
    monkeypatch.setenv("FAULT_ERROR_SHARE", "1")
    monkeypatch.setenv("FAULT_FILE", str(trigger))
    async with _client(service, faults) as client:
        assert (await client.post("/fill-mask", json=REQUEST)).status_code == 200
        trigger.touch()
        assert (await client.post("/fill-mask", json=REQUEST)).status_code == 500
