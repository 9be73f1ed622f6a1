"""The HTTP surface, without a network and with a toy model."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from bert_server.app import create_app
from bert_server.service import Service

GOOD = {"text": "上[MASK]"}


async def test_one_mask_gives_a_list_of_candidates(client: httpx.AsyncClient, service: Service) -> None:
    response = await client.post("/fill-mask", json={**GOOD, "top_k": 3})
    answer = response.json()
    assert response.status_code == 200
    assert [candidate.keys() for candidate in answer["result"]] == [{"token", "score"}] * 3
    assert answer["result"][0]["token"] == "下"
    assert answer["version"] == "v1.2.3"
    assert answer["fingerprint"] == service.identity.fingerprint
    assert datetime.fromisoformat(answer["timestamp"]).utcoffset() is not None


async def test_several_masks_give_a_list_for_each(client: httpx.AsyncClient) -> None:
    result = (await client.post("/fill-mask", json={"text": "天[MASK]上[MASK]", "top_k": 1})).json()["result"]
    assert [[candidate["token"] for candidate in mask] for mask in result] == [["地"], ["下"]]


async def test_five_candidates_are_the_default(client: httpx.AsyncClient) -> None:
    assert len((await client.post("/fill-mask", json=GOOD)).json()["result"]) == 5


BAD_BODIES = [
    pytest.param(b"", 400, None, id="empty"),
    pytest.param(b"{", 400, None, id="cut short"),
    pytest.param(b"text=a", 400, None, id="a form"),
    pytest.param(b'{"text": "\xff[MASK]"}', 400, None, id="invalid UTF-8"),
    pytest.param(b'\xef\xbb\xbf{"text": "[MASK]"}', 400, None, id="a byte order mark"),
    pytest.param(rb'{"text": "\ud800[MASK]"}', 400, None, id="half a surrogate pair"),
    pytest.param(b'{"text": "[MASK]"} trailing', 400, None, id="trailing text"),
    pytest.param(b"[]", 422, None, id="a list"),
    pytest.param(b'"[MASK]"', 422, None, id="a string"),
    pytest.param(b"null", 422, None, id="null"),
    pytest.param(b"[" * 4000, 422, None, id="deep lists"),
    pytest.param(b'{"text":' * 500, 422, "text", id="deep objects"),
    pytest.param(b"{}", 422, "text", id="no text"),
    pytest.param(b'{"text": null}', 422, "text", id="null text"),
    pytest.param(b'{"text": 1}', 422, "text", id="a number as text"),
    pytest.param(b'{"text": ["[MASK]"]}', 422, "text", id="a list as text"),
    pytest.param(b'{"text": ""}', 422, "text", id="empty text"),
    pytest.param(b'{"text": " \\n\\t "}', 422, "text", id="blank text"),
    pytest.param(b'{"text": "no mask"}', 422, "text", id="no mask"),
    pytest.param(b'{"text": "[mask]"}', 422, "text", id="a mask in lower case"),
    pytest.param(b'{"text": "[MASK]", "topk": 5}', 422, "topk", id="unknown field"),
    pytest.param(b'{"text": "[MASK]", "text": "[MASK]"}', 422, "text", id="a field twice"),
    pytest.param(rb'{"text": "[MASK]", "te\u0078t": "[MASK]"}', 422, "text", id="a field twice, once escaped"),
    pytest.param(b'{"text": "[MASK]", "top_k": NaN}', 400, None, id="NaN"),
    pytest.param(b'{"text": "[MASK]", "texts": ["[MASK]"]}', 422, "text", id="text and texts"),
    pytest.param(b'{"texts": []}', 422, "texts", id="no texts"),
    pytest.param(b'{"texts": "[MASK]"}', 422, "texts", id="a text as texts"),
    pytest.param(b'{"texts": ["[MASK]", 1]}', 422, "texts", id="a number among texts"),
    pytest.param(b'{"texts": ["[MASK]", "\\n"]}', 422, "texts[1]", id="an empty one among texts"),
    pytest.param(b'{"texts": [' + b'"",' * 256 + b'""]}', 422, "texts", id="too many texts"),
    pytest.param(b'{"text": "[MASK]", "candidates": []}', 422, "candidates", id="no candidates"),
    pytest.param('{"text": "[MASK]", "candidates": ["天", "火锅"]}'.encode(), 422, "candidates[1]", id="two tokens"),
    pytest.param(b'{"text": "[MASK]", "top_k": 0}', 422, "top_k", id="top_k too small"),
    pytest.param(b'{"text": "[MASK]", "top_k": 101}', 422, "top_k", id="top_k too large"),
    pytest.param(b'{"text": "[MASK]", "top_k": 1' + b"0" * 1000 + b"}", 422, "top_k", id="top_k huge"),
    pytest.param(b'{"text": "[MASK]", "top_k": true}', 422, "top_k", id="top_k a boolean"),
    pytest.param(b'{"text": "[MASK]", "top_k": "5"}', 422, "top_k", id="top_k a string"),
    pytest.param(b'{"text": "[MASK]", "top_k": 1.5}', 422, "top_k", id="top_k a fraction"),
    pytest.param(b'{"text": "[MASK]", "top_k": null}', 422, "top_k", id="top_k null"),
    pytest.param(b'{"text": "' + b"a" * 5000 + b'[MASK]"}', 413, None, id="too many bytes"),
]


@pytest.mark.parametrize(("body", "status", "field"), BAD_BODIES)
async def test_bad_input_gets_a_problem_that_names_the_field(
    client: httpx.AsyncClient, body: bytes, status: int, field: str | None
) -> None:
    response = await client.post("/fill-mask", content=body)
    problem = response.json()
    assert response.status_code == problem["status"] == status
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["type"].startswith("urn:bert-server:problem:")
    assert problem["title"]
    assert problem["detail"]
    assert problem.get("field") == field


async def test_a_length_with_thousands_of_digits_does_not_break_the_server(client: httpx.AsyncClient) -> None:
    length = "0" * 5000 + "22"
    response = await client.post("/fill-mask", content=b'{"text": "[MASK]"}', headers={"content-length": length})
    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/fill-mask/", "/version/", "/v1/embeddings/", "/nothing/"])
async def test_a_path_with_a_slash_too_many_is_none(client: httpx.AsyncClient, path: str) -> None:
    for answer in (await client.get(path), await client.post(path, json=GOOD)):
        assert answer.status_code == 404
        assert "location" not in answer.headers


async def test_masks_that_do_not_fit_together_are_refused_with_limit_and_actual(client: httpx.AsyncClient) -> None:
    problem = (await client.post("/fill-mask", json={"text": "[MASK]" + "天" * 20 + "[MASK]"})).json()
    assert (problem["status"], problem["field"], problem["limit"], problem["actual"]) == (422, "text", 16, 24)


async def test_a_long_text_is_answered_and_the_window_told(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/fill-mask", json={"text": "上[MASK]" + "天" * 1000, "top_k": 1})).json()
    assert [candidate["token"] for candidate in answer["result"]] == ["下"]
    assert answer["window"] == {"first_token": 0, "last_token": 13, "total_tokens": 1002}


async def test_several_texts_give_a_result_for_each(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/fill-mask", json={"texts": ["上[MASK]", "天[MASK]人[MASK]"], "top_k": 1})).json()
    first, second = answer["results"]
    assert [candidate["token"] for candidate in first["result"]] == ["下"]
    assert [[candidate["token"] for candidate in mask] for mask in second["result"]] == [["地"], ["和"]]
    assert first["window"] is None
    assert "result" not in answer


async def test_candidates_are_ranked_alone(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/fill-mask", json={**GOOD, "candidates": ["天", "下"]})).json()
    assert [candidate["token"] for candidate in answer["result"]] == ["下", "天"]


async def test_a_body_of_unknown_length_is_refused_while_it_arrives(client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 1000:
            sent += 1
            yield b"x" * 1024

    response = await client.post("/fill-mask", content=endless())
    assert response.status_code == 413
    assert response.json()["limit"] == 4096


async def test_an_announced_length_is_refused_before_anything_is_read(service: Service) -> None:
    async def receive() -> Any:
        pytest.fail("the body was read")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-length", b"10000000")]
    scope = {"type": "http", "method": "POST", "path": "/fill-mask", "headers": headers, "query_string": b""}
    await create_app(service)(scope, receive, send)
    assert sent[0]["status"] == 413
    assert json.loads(sent[1]["body"])["actual"] == 10_000_000


async def test_compressed_bodies_are_refused(client: httpx.AsyncClient) -> None:
    response = await client.post("/fill-mask", content=b"x", headers={"content-encoding": "gzip"})
    assert response.status_code == 415


async def test_unknown_paths_and_methods_are_problems_too(client: httpx.AsyncClient) -> None:
    missing, wrong = await client.get("/nowhere"), await client.get("/fill-mask")
    assert (missing.status_code, missing.json()["status"]) == (404, 404)
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert "use POST" in wrong.json()["detail"]


async def test_every_response_says_who_answered(client: httpx.AsyncClient, service: Service) -> None:
    for response in [await client.get("/health"), await client.get("/x"), await client.post("/fill-mask", json=GOOD)]:
        assert response.headers["x-bert-version"] == "v1.2.3"
        assert response.headers["x-bert-fingerprint"] == service.identity.fingerprint
        assert "connection" not in response.headers


async def test_version_describes_what_runs(client: httpx.AsyncClient, service: Service) -> None:
    answer = (await client.get("/version")).json()
    (model,) = answer["models"]
    assert answer["fingerprint"] == model["fingerprint"] == service.identity.fingerprint
    assert (answer["version"], answer["release"], model["name"]) == ("v1.2.3", "toy", "toy")
    assert (model["precision"], model["engine"]["name"]) == ("fp32", "next-in-vocabulary")
    assert model["tasks"] == ["fill-mask", "semantic-similarity", "feature-extraction"]
