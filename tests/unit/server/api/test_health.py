"""Probes and start-up: what is said while there is no model, a bad one, or a stuck one."""

import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from bert_server.app import create_app
from bert_server.service import Service, Status
from bert_server.settings import Settings


@pytest.fixture
def empty_service(tmp_path: Path) -> Iterator[Service]:
    """A service that was given a directory without a bundle."""
    service = Service(Settings(bundle=(tmp_path / "nowhere",), version="v1.2.3"))
    yield service
    service.close()


async def _get(service: Service, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=create_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        return await client.get(path)


async def test_a_loaded_model_is_ready_and_alive(service: Service) -> None:
    assert (await _get(service, "/ready")).status_code == 200
    assert (await _get(service, "/health")).status_code == 200


async def test_while_loading_it_is_alive_and_tells_the_step(empty_service: Service) -> None:
    empty_service._loading = SimpleNamespace(step="compiling the model", stop=lambda wait_seconds: True)  # type: ignore[assignment]
    ready = await _get(empty_service, "/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "loading", "reason": "compiling the model"})
    assert (await _get(empty_service, "/health")).status_code == 200


async def test_a_model_that_cannot_be_loaded_is_reported_and_the_server_stays_alive(empty_service: Service) -> None:
    await empty_service.load()
    ready = await _get(empty_service, "/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "failed")
    assert "no bundle at" in ready.json()["reason"]
    assert (await _get(empty_service, "/health")).status_code == 200
    labels = {"version": "v1.2.3"}
    registry = empty_service.metrics.registry
    assert registry.get_sample_value("bert_model_load_failures_total", labels) == 1
    assert registry.get_sample_value("bert_model_loaded", {**labels, "fingerprint": ""}) == 0


async def test_requests_before_the_model_is_there_get_503_with_the_reason(empty_service: Service) -> None:
    transport = httpx.ASGITransport(app=create_app(empty_service))
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        response = await client.post("/fill-mask", json={"text": "上[MASK]"})
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "loading" in response.json()["detail"]


async def test_a_draining_server_is_unready_but_alive_and_closes_connections(service: Service) -> None:
    service.draining = True
    ready = await _get(service, "/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "draining")
    assert ready.headers["connection"] == "close"
    assert (await _get(service, "/health")).status_code == 200


@pytest.mark.parametrize(
    ("busy_seconds", "status", "health"),
    [
        (9.9, Status.READY, 200),
        (10.1, Status.STALLED, 200),
        (30.1, Status.STALLED, 503),
        (math.inf, Status.STALLED, 503),
    ],
)
async def test_stuck_inference_fails_readiness_first_and_liveness_later(
    service: Service, monkeypatch: pytest.MonkeyPatch, busy_seconds: float, status: Status, health: int
) -> None:
    monkeypatch.setattr(service.scheduler, "busy_seconds", lambda: busy_seconds)
    assert service.status()[0] is status
    assert (await _get(service, "/health")).status_code == health
