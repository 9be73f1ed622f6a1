"""The fake speaks as the real server's API document says; otherwise the other tests would prove nothing."""

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from bert_server.api.families import OPERATIONS
from bert_server.api.openapi import document
from tests.web.fake_server import FakeServer, problem


def schema_of(path: str, method: str, status: str, media_type: str = "application/json") -> dict[str, Any]:
    """With the whole document beside it, so that its references lead somewhere."""
    whole = document(OPERATIONS, "v1.2.3")
    response = whole["paths"][path][method]["responses"][status]
    return {**whole, **response["content"][media_type]["schema"]}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/ready", None),
        ("/version", None),
        ("/fill-mask", {"text": "画龙点[MASK]睛", "top_k": 5}),
        ("/fill-mask", {"text": "画[MASK]点[MASK]", "top_k": 5}),
        ("/translate", {"text": "好"}),
    ],
)
def test_answers_have_the_documented_form(server: FakeServer, path: str, body: dict[str, Any] | None) -> None:
    method = "get" if body is None else "post"
    if path == "/fill-mask":
        server.extra = {"window": {"first_token": 119, "last_token": 630, "total_tokens": 900}}
    answer = httpx.request(method, server.url + path, json=body).json()
    Draft202012Validator(schema_of(path, method, "200")).validate(answer)
    assert answer


def test_refusals_have_the_documented_form(server: FakeServer) -> None:
    server.next_answers.append(problem(429, "overloaded", "full", {"Retry-After": "30"}, retry_after_ms=8_500))
    response = httpx.post(f"{server.url}/fill-mask", json={"text": "画龙点[MASK]睛", "top_k": 5})
    media_type = response.headers["content-type"]
    Draft202012Validator(schema_of("/fill-mask", "post", "429", media_type)).validate(response.json())
    assert response.headers["retry-after"] == "30"
