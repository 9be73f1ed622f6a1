"""Requests that test a version: what it tells of its own answers, and that it computes instead of remembering."""

import httpx

from bert_server.app import create_app
from bert_server.inference.contract import RefusalReason, RefusedError
from bert_server.service import Service
from bert_server.settings import Settings
from tests.unit.server.api.test_answering import Scripted

GATE = {"x-bert-gate": "golden"}


async def test_recorded_answers_are_told(client: httpx.AsyncClient, service: Service) -> None:
    response = await client.get("/golden")
    assert response.status_code == 200
    told = response.json()
    assert service.models is not None
    (model,) = service.models.all
    assert [prompt["text"] for prompt in told["fill_mask"]] == [prompt.text for prompt in model.manifest.golden]
    assert told["fill_mask"][0].keys() == {"text", "token", "score"}
    assert told["translate"] == []
    assert told["version"] == service.identity.version


async def test_before_the_model_is_there_nothing_is_told() -> None:
    service = Service(Settings(version="v1.2.3"))
    transport = httpx.ASGITransport(app=create_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        assert (await client.get("/golden")).status_code == 503
    service.close()


async def test_a_test_is_computed_whatever_is_cached_and_never_counted_as_a_users_request(
    client: httpx.AsyncClient, service: Service
) -> None:
    service.inference = Scripted(RefusedError(RefusalReason.DEADLINE, 1.2))  # stands for the cache
    asked = {"text": "上[MASK]"}
    assert (await client.post("/fill-mask", json=asked)).status_code == 429
    assert (await client.post("/fill-mask", json=asked, headers=GATE)).status_code == 200
    labels = {"endpoint": "/fill-mask", "status": "200", "version": service.identity.version}
    registry = service.metrics.registry
    assert registry.get_sample_value("bert_requests_total", labels) == 0
    assert registry.get_sample_value("bert_gate_requests_total", labels) == 1
