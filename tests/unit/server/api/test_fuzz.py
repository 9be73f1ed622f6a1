"""No input makes a 500."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bert_server.app import create_app
from bert_server.service import Service

REFUSALS = {400, 413, 422}
EXAMPLES = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
INFER = "/v2/models/toy/infer"

any_text = st.text(st.characters(exclude_categories=()))  # halves of surrogate pairs included
scalars = st.none() | st.booleans() | st.integers() | st.floats() | any_text
documents = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
texts = st.lists(st.text() | st.just("[MASK]"), max_size=12).map("".join)
several = st.lists(texts, max_size=4)


def _object(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects that have some of the fields, nearly always with what belongs there, and sometimes another."""
    return st.fixed_dictionaries(
        {}, optional={name: values | documents for name, values in fields.items()} | {"x": documents}
    )


parameters = _object(top_k=st.integers(-5, 200), pooling=st.sampled_from(["cls", "mean"]), truncate=st.booleans())
tensors = _object(
    name=st.sampled_from(["text", "candidates"]),
    datatype=st.just("BYTES"),
    shape=st.lists(st.integers(0, 4), max_size=2),
    data=several,
    parameters=_object(binary_data_size=st.integers(-1, 20)),
)
REQUESTS = {
    "/fill-mask": _object(text=texts, texts=several, top_k=st.integers(-5, 200), candidates=several),
    "/semantic-similarity": _object(text=texts, other=texts, others=several, truncate=st.booleans()),
    "/feature-extraction": _object(text=texts, texts=several, truncate=st.booleans(), normalize=st.booleans()),
    "/v1/embeddings": _object(model=st.just("toy"), input=texts | several | st.lists(st.integers(-1, 20))),
    INFER: _object(inputs=st.lists(tensors, max_size=3), parameters=parameters),
}
requests = st.sampled_from(sorted(REQUESTS)).flatmap(lambda path: st.tuples(st.just(path), documents | REQUESTS[path]))

Ask = Callable[..., int]


@pytest.fixture
def ask(service: Service) -> Iterator[Ask]:
    """Posts a body and returns the status."""
    app = create_app(service)

    async def posted(path: str, body: bytes, headers: list[tuple[bytes, bytes]]) -> int:
        statuses: list[int] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
        await app(scope, receive, send)
        (status,) = statuses
        return status

    with asyncio.Runner() as runner:
        yield lambda path, body, headers=(): runner.run(posted(path, body, list(headers)))


@EXAMPLES
@given(st.sampled_from(sorted(REQUESTS)), st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(ask: Ask, path: str, body: bytes) -> None:
    assert ask(path, body) in REFUSALS


@settings(EXAMPLES, max_examples=200)
@given(requests)
def test_arbitrary_json_is_answered_or_refused(ask: Ask, request: tuple[str, object]) -> None:
    path, document = request
    assert ask(path, json.dumps(document).encode()) in REFUSALS | {200, 404}


@EXAMPLES
@given(st.binary(max_size=60), st.binary(max_size=20), st.integers(-1, 60))
def test_arbitrary_bytes_beside_a_tensor_are_answered_or_refused(
    ask: Ask, attached: bytes, length: bytes, size: int
) -> None:
    tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [tensor]}).encode()
    for announced in (length, str(len(head)).encode()):
        headers = [(b"inference-header-content-length", announced)]
        assert ask(INFER, head + attached, headers) in REFUSALS | {200}


@EXAMPLES
@given(st.binary(max_size=30))
def test_arbitrary_deadlines_are_obeyed_or_refused(ask: Ask, deadline: bytes) -> None:
    headers = [(b"x-request-deadline-ms", deadline)]
    assert ask("/fill-mask", '{"text": "上[MASK]"}'.encode(), headers) in REFUSALS | {200, 429}


@EXAMPLES
@given(texts, st.integers(1, 100))
def test_every_text_with_a_mask_that_fits_is_answered(ask: Ask, text: str, top_k: int) -> None:
    status = ask("/fill-mask", json.dumps({"text": "[MASK]" + text, "top_k": top_k}).encode())
    assert status in {200, 422}
    if "[MASK]" not in text:
        assert status == 200
