"""Deadlines and refusals, as all families of endpoints have them."""

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest

from bert_server.bundle.manifest import Task
from bert_server.inference.contract import EngineError, JobAnswer, RefusalReason, RefusedError
from bert_server.inference.jobs import Job
from bert_server.models import EncoderModel, Models
from bert_server.service import Service

REQUEST = {"text": "上[MASK]"}
FAMILIES = [
    pytest.param("/fill-mask", REQUEST, id="native"),
    pytest.param("/v1/embeddings", {"model": "toy", "input": "上"}, id="openai"),
    pytest.param(
        "/v2/models/toy/infer",
        {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["上[MASK]"]}]},
        id="open inference",
    ),
]


class Scripted:
    """An `Inference` that raises what it is told to, and keeps the seconds that it was given."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.seconds_left = math.nan

    async def compute(self, jobs: Sequence[Job], deadline: float) -> list[JobAnswer]:
        self.seconds_left = deadline - time.monotonic()
        raise self._error


@pytest.fixture
def scripted(service: Service) -> Scripted:
    scripted = Scripted(RefusedError(RefusalReason.DEADLINE, 1.2))
    service.inference = scripted
    return scripted


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 2),
        ({"x-request-deadline-ms": "500"}, 0.5),
        ({"x-envoy-expected-rq-timeout-ms": "15000"}, 15),
        ({"x-request-deadline-ms": "500", "x-envoy-expected-rq-timeout-ms": "15000"}, 0.5),
        ({"x-envoy-expected-rq-timeout-ms": "0"}, 2),
        ({"x-envoy-expected-rq-timeout-ms": "soon"}, 2),
    ],
)
async def test_a_request_has_the_time_that_it_says_or_that_the_settings_say(
    client: httpx.AsyncClient, scripted: Scripted, headers: dict[str, str], seconds: float
) -> None:
    await client.post("/fill-mask", json=REQUEST, headers=headers)
    # The deadline counts from the request's arrival, a moment before the inference is asked.
    assert seconds - 0.4 < scripted.seconds_left <= seconds


@pytest.mark.parametrize("deadline", ["0", "-1", "soon", "", "nan", "inf", "600001", "1e400"])
async def test_a_deadline_that_is_no_number_of_milliseconds_is_refused(
    client: httpx.AsyncClient, deadline: str
) -> None:
    response = await client.post("/fill-mask", json=REQUEST, headers={"x-request-deadline-ms": deadline})
    assert (response.status_code, response.json()["field"]) == (400, "x-request-deadline-ms")


@pytest.mark.parametrize(("path", "body"), FAMILIES)
async def test_what_cannot_be_done_in_time_is_refused_with_the_time_to_wait(
    client: httpx.AsyncClient, scripted: Scripted, path: str, body: object
) -> None:
    response = await client.post(path, json=body)
    assert (response.status_code, response.headers["retry-after"]) == (429, "2")


async def test_a_refusal_tells_its_reason_and_the_wait_in_milliseconds(
    client: httpx.AsyncClient, scripted: Scripted
) -> None:
    problem = (await client.post("/fill-mask", json=REQUEST)).json()
    assert (problem["reason"], problem["retry_after_ms"]) == ("deadline", 1200)


@pytest.mark.parametrize(("path", "body"), FAMILIES)
async def test_a_stopping_server_is_unavailable_rather_than_overloaded(
    client: httpx.AsyncClient, service: Service, path: str, body: object
) -> None:
    service.inference = Scripted(RefusedError(RefusalReason.STOPPING, 1))
    response = await client.post(path, json=body)
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize(("path", "body"), FAMILIES)
async def test_an_engine_that_fails_is_a_500_whose_cause_is_logged_but_not_told(
    client: httpx.AsyncClient, service: Service, caplog: pytest.LogCaptureFixture, path: str, body: object
) -> None:
    service.inference = Scripted(EngineError("tensor 17 is on fire"))
    with caplog.at_level(logging.ERROR):
        response = await client.post(path, json=body)
    assert response.status_code == 500
    assert "on fire" not in response.text
    assert "on fire" in caplog.text


async def test_a_task_that_no_model_does_is_not_found_and_the_others_are_named(
    client: httpx.AsyncClient,
) -> None:
    response = await client.post("/translate", json={"text": "天"})
    assert response.status_code == 404
    assert "feature-extraction, fill-mask, semantic-similarity" in response.json()["detail"]


async def test_of_several_models_the_first_one_that_can_answers(
    client: httpx.AsyncClient, service: Service, model: EncoderModel
) -> None:
    only_vectors = model.manifest.model_copy(update={"name": "vectors", "tasks": (Task.FEATURE_EXTRACTION,)})
    service.adopt(Models([replace(model, manifest=only_vectors), model]), 0)
    asked: list[str] = []
    compute = service.inference.compute

    async def noted(jobs: Sequence[Job], deadline: float) -> list[JobAnswer]:
        asked.extend(job.model for job in jobs)
        return await compute(jobs, deadline)

    service.inference.compute = noted  # type: ignore[method-assign]
    assert (await client.post("/fill-mask", json=REQUEST)).status_code == 200
    assert (await client.post("/feature-extraction", json={"text": "天"})).status_code == 200
    assert asked == ["toy", "vectors"]


async def test_what_is_quoted_in_an_error_is_shortened(client: httpx.AsyncClient) -> None:
    response = await client.post("/fill-mask", json={**REQUEST, "candidates": ["火" * 1000]})
    assert response.status_code == 422
    assert len(response.content) < 2000


@pytest.mark.parametrize(
    ("path", "status", "shape"),
    [
        ("/nowhere", 404, {"type", "title", "status", "detail"}),
        ("/v1/nowhere", 404, {"error"}),
        ("/v2/no", 404, {"error"}),
    ],
)
async def test_unknown_paths_are_told_in_the_form_of_their_family(
    client: httpx.AsyncClient, path: str, status: int, shape: set[str]
) -> None:
    response = await client.get(path)
    assert (response.status_code, response.json().keys()) == (status, shape)
