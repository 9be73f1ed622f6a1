"""Requests made up from the OpenAPI document: whatever fits it, the answer is one that it announces."""

from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Err
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bert_server.api import families
from bert_server.api.openapi import document
from tests.server.running import RunningServer

DOCUMENT = msgspec.json.decode(msgspec.json.encode(document(families.OPERATIONS, "v1.0.0")))
FOUND = list(schemathesis.openapi.from_dict(DOCUMENT).get_all_operations())
OPERATIONS = [found.ok() for found in FOUND if not isinstance(found, Err)]
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
MODES = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]


def test_the_document_is_valid_throughout() -> None:
    assert len(OPERATIONS) == len(FOUND) == len(families.OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_is_one_that_the_document_announces(server: RunningServer, operation: Any) -> None:
    @settings(
        max_examples=25,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of([operation.as_strategy(generation_mode=mode) for mode in MODES]))
    def ask(case: Any) -> None:
        case.validate_response(case.call(base_url=server.url), checks=CHECKS)

    ask()
