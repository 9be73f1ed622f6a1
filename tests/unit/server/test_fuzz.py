"""No input makes a 500."""

import asyncio
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bert_server.app import create_app
from bert_server.service import Service

REFUSALS = {400, 413, 422}
EXAMPLES = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])

any_text = st.text(st.characters(exclude_categories=()))  # halves of surrogate pairs included
scalars = st.none() | st.booleans() | st.integers() | st.floats() | any_text
documents = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
texts = st.lists(st.text() | st.just("[MASK]"), max_size=12).map("".join)
near_requests = st.fixed_dictionaries(
    {"text": texts | documents}, optional={"top_k": st.integers(-5, 200) | documents, "x": documents}
)


@EXAMPLES
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(service: Service, body: bytes) -> None:
    assert _status(service, body) in REFUSALS


@EXAMPLES
@given(documents | near_requests)
def test_arbitrary_json_is_answered_or_refused(service: Service, document: object) -> None:
    assert _status(service, json.dumps(document).encode()) in REFUSALS | {200}


@EXAMPLES
@given(texts, st.integers(1, 100))
def test_every_text_with_a_mask_that_fits_is_answered(service: Service, text: str, top_k: int) -> None:
    status = _status(service, json.dumps({"text": "[MASK]" + text, "top_k": top_k}).encode())
    assert status in {200, 422}
    if len(text) <= 10:
        assert status == 200


def _status(service: Service, body: bytes) -> int:
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def ask() -> None:
        scope = {"type": "http", "method": "POST", "path": "/fill-mask", "headers": [], "query_string": b""}
        await create_app(service)(scope, receive, send)

    asyncio.run(ask())
    (status,) = statuses
    return status
