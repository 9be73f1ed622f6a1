"""The telemetry around the real application."""

import logging
import re
from typing import Any

import httpx
import pytest
from prometheus_client import generate_latest

from bert_server.api.families import MODEL_PATHS
from bert_server.app import create_app, import_middleware
from bert_server.errors import SettingsError
from bert_server.service import Service


def _client(service: Service) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=create_app(service)), base_url="http://toy")


def _endpoints(service: Service) -> set[str]:
    return set(re.findall(r'endpoint="([^"]*)"', generate_latest(service.metrics.registry).decode()))


async def test_every_model_endpoint_has_its_series_from_the_start_and_other_paths_never_have(service: Service) -> None:
    async with _client(service) as client:
        await client.get("/health")
        assert _endpoints(service) == set(MODEL_PATHS)
        for path in ["/ready", "/version", "/made-up", "/v2/models/toy", "/v2/models/made-up/infer"]:
            await client.get(path)
    assert _endpoints(service) == set(MODEL_PATHS)


async def test_an_answered_request_tells_how_sure_the_model_was_and_where_its_time_went(service: Service) -> None:
    async with _client(service) as client:
        first = await client.post("/fill-mask", json={"text": "上[MASK]"})
        again = await client.post("/fill-mask", json={"text": "上[MASK]"})
    value = service.metrics.registry.get_sample_value
    version = {"version": "v1.2.3"}
    assert value("bert_prediction_confidence_count", version) == 2
    assert value("bert_stage_duration_seconds_count", {"stage": "tokenize", **version}) == 2
    assert value("bert_stage_duration_seconds_count", {"stage": "infer", **version}) == 1
    assert value("bert_cache_requests_total", {"result": "hit", **version}) == 1
    assert float(first.headers["x-bert-inference-ms"]) > 0
    assert again.headers["x-bert-inference-ms"] == "0.000"


TASKS = {
    "/fill-mask": ({"text": "上[MASK]"}, "fill-mask"),
    "/semantic-similarity": ({"text": "上下", "other": "下上"}, "semantic-similarity"),
    "/feature-extraction": ({"text": "上下"}, "feature-extraction"),
    "/v1/embeddings": ({"model": "toy", "input": "上下"}, "feature-extraction"),
}


@pytest.mark.parametrize(("path", "body", "task"), [(path, *rest) for path, rest in TASKS.items()], ids=TASKS.keys())
async def test_an_answer_is_kept_once_for_each_request_cached_ones_too(
    service: Service, path: str, body: dict[str, Any], task: str
) -> None:
    async with _client(service) as client:
        for _ in range(2):
            response = await client.post(path, json=body, headers={"x-request-id": "one"})
            assert response.status_code == 200
    first, again = service.predictions.since(None).predictions
    assert first == again
    assert first.task == task


async def test_what_was_refused_is_no_answer(service: Service) -> None:
    async with _client(service) as client:
        await client.post("/fill-mask", json={"text": "上"})
        await client.get("/health")
    assert service.predictions.since(None).predictions == []


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
