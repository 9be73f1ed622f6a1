import base64
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest

from bert_server.app import create_app
from bert_server.models import EncoderModel, Models
from bert_server.service import Service
from bert_server.settings import Settings

PATH = "/v1/embeddings"
LENGTH = np.sqrt(6)
VECTOR = [0, 1 / LENGTH, 2 / LENGTH, 1 / LENGTH]  # of 天地


async def test_several_texts_give_unit_vectors_in_their_order(client: httpx.AsyncClient) -> None:
    answer = (await client.post(PATH, json={"model": "toy", "input": ["天地", "人"]})).json()
    assert (answer["object"], answer["model"]) == ("list", "toy")
    assert [(entry["object"], entry["index"]) for entry in answer["data"]] == [("embedding", 0), ("embedding", 1)]
    assert answer["data"][0]["embedding"] == pytest.approx(VECTOR)
    assert answer["usage"] == {"prompt_tokens": 7, "total_tokens": 7}


@pytest.mark.parametrize("given", ["天地", ["天地"], [9, 10], [[9, 10]], [[2, 9, 10, 3]]], ids=str)
async def test_a_text_and_its_token_ids_give_the_same_vector(client: httpx.AsyncClient, given: object) -> None:
    body = {"model": "toy", "input": given, "encoding_format": "base64"}
    (entry,) = (await client.post(PATH, json=body)).json()["data"]
    assert np.frombuffer(base64.b64decode(entry["embedding"]), "<f4") == pytest.approx(np.array(VECTOR))


@pytest.mark.parametrize(
    ("change", "status", "param"),
    [
        ({"model": "other"}, 404, "model"),
        ({"dimensions": 2}, 400, "dimensions"),
        ({"input": []}, 400, "input"),
        ({"input": ["天", [9]]}, 400, "input"),
        ({"input": ["天", 9]}, 400, "input"),
        ({"input": [[9], []]}, 400, "input[1]"),
        ({"input": [[9], [15]]}, 400, "input[1]"),
        ({"input": [-1]}, 400, "input"),
        ({"input": [9] * 15}, 400, "input"),
        ({"input": ["天", " "]}, 400, "input[1]"),
        ({"input": ["天"] * 257}, 400, "input"),
        ({"input": None}, 400, "input"),
        ({"encoding_format": "hex"}, 400, "encoding_format"),
        ({"unknown": 1}, 400, "unknown"),
    ],
    ids=str,
)
async def test_refusals_have_the_form_that_openai_gives_them(
    client: httpx.AsyncClient, change: dict[str, object], status: int, param: str
) -> None:
    response = await client.post(PATH, json={"model": "toy", "input": "天"} | change)
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["param"]) == (status, "invalid_request_error", param)
    assert error["message"]
    assert error["code"].isidentifier()


async def test_token_ids_are_those_of_the_model_not_of_its_tokenizer(
    bundle_directory: Path, model: EncoderModel
) -> None:
    """A tokenizer may have been given tokens that the model has no row for, and a model rows that mean nothing."""
    manifest = model.manifest.model_copy(update={"vocabulary_size": 10})
    service = Service(Settings(bundle=(bundle_directory,)))
    service.adopt(Models([replace(model, manifest=manifest)]), 1)
    transport = httpx.ASGITransport(app=create_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        statuses = [
            (await client.post(PATH, json={"model": "toy", "input": [token_id]})).status_code for token_id in (9, 10)
        ]
    service.close()
    assert statuses == [200, 400]


async def test_the_models_own_number_of_dimensions_is_no_reason_to_refuse(client: httpx.AsyncClient) -> None:
    assert (await client.post(PATH, json={"model": "toy", "input": "天", "dimensions": 4})).status_code == 200


async def test_models_are_listed_and_found_by_name(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/v1/models")).json()
    assert [model["id"] for model in listed["data"]] == ["toy"]
    assert (await client.get("/v1/models/toy")).json() == listed["data"][0]
    assert (await client.get("/v1/models/other")).status_code == 404
