"""`GET /openapi.json`: the OpenAPI 3.1 document, made from the very types that requests are decoded with."""

import re
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bert_server.api.operations import JSON, MODEL_ERRORS, Operation
from bert_server.api.problems import MEDIA_TYPE, OPEN_INFERENCE_PREFIX, OPENAI_PREFIX, classic
from bert_server.service import Service

PATH = "/openapi.json"
REFERENCE = "#/components/schemas/{name}"

Schema = dict[str, Any]

_PATH_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_SUMMARY = "Fill-mask, sentence similarity, sentence vectors and translation from a model bundle."


class Problem(Struct, omit_defaults=True):
    """RFC 9457. `field` names what was refused, `limit` and `actual` what was passed."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None
    limit: float | str | None = None
    actual: float | str | None = None
    reason: str | None = None
    retry_after_ms: int | None = None


class OpenInferenceError(Struct):
    error: str


class OpenAIErrorDetails(Struct):
    message: str
    type: str
    param: str | None
    code: str


class OpenAIError(Struct):
    error: OpenAIErrorDetails


def routes(service: Service, operations: Sequence[Operation]) -> list[Route]:
    @cache  # not before it is asked for: a server should be ready soon
    def content() -> bytes:
        return msgspec.json.encode(document(operations, service.settings.version))

    async def openapi(request: Request) -> Response:
        del request
        return Response(content(), media_type=JSON)

    return [Route(PATH, openapi)]


def document(operations: Sequence[Operation], version: str) -> Schema:
    """The document of a server with these operations."""
    types = [kind for operation in operations for kind in (operation.request, operation.response) if kind is not None]
    errors = [Problem, OpenInferenceError, OpenAIError]
    types = list(dict.fromkeys([*types, *errors]))
    schemas, components = msgspec.json.schema_components(types, ref_template=REFERENCE)
    of_type = dict(zip(types, schemas, strict=True))
    for operation in operations:
        if operation.one_of:
            components[operation.request.__name__]["oneOf"] = [{"required": [name]} for name in operation.one_of]
    paths: dict[str, Schema] = {}
    for operation in operations:
        path = _PATH_PARAMETER.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method] = _operation(operation, of_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "BERT server", "version": version, "summary": _SUMMARY},
        "paths": paths,
        "security": [{}, {"bearer": []}, {"header": []}],
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
        },
    }


def _operation(operation: Operation, of_type: dict[Any, Schema]) -> Schema:
    described: Schema = {
        "operationId": _identifier(operation),
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": _parameters(operation),
        "responses": _responses(operation, of_type),
    }
    if operation.request is not None:
        examples = {name: {"value": value} for name, value in operation.examples.items()}
        content = {"schema": of_type[operation.request], "examples": examples}
        described["requestBody"] = {"required": True, "content": {JSON: content}}
    return described


def _identifier(operation: Operation) -> str:
    words = re.findall(r"\w+", _PATH_PARAMETER.sub(r"\1", operation.path))
    return "_".join([operation.method, *words])


def _parameters(operation: Operation) -> list[Schema]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _PATH_PARAMETER.findall(operation.path)
    ]
    if operation.is_model_endpoint:
        deadline = {"type": "number", "exclusiveMinimum": 0, "maximum": 600_000}
        found += [
            _header(
                "x-request-deadline-ms", "How long the answer may take; what cannot be done by then gets 429.", deadline
            ),
            _header("x-request-id", "Named in the answer and the log; made up if it is missing.", {"type": "string"}),
        ]
    return found


def _header(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


def _responses(operation: Operation, of_type: dict[Any, Schema]) -> Schema:
    headers = {
        "x-bert-version": _response_header("Version that answered."),
        "x-request-id": _response_header("The request's id."),
    }
    if operation.is_model_endpoint:
        headers["x-bert-queue-ms"] = _response_header("Time that the request waited for the engine.")
        headers["x-bert-inference-ms"] = _response_header("Time that the engine took.")
    statuses = {*operation.errors, *(MODEL_ERRORS if operation.is_model_endpoint else ())}
    return {
        "200": {
            "description": "The answer",
            "headers": headers,
            "content": {JSON: {"schema": of_type[operation.response]}},
        },
        **{
            str(int(status)): _refusal(operation, status, of_type) for status in sorted(_seen(operation.path, statuses))
        },
    }


def _response_header(description: str) -> Schema:
    return {"description": description, "schema": {"type": "string"}}


def _seen(path: str, statuses: set[HTTPStatus]) -> set[HTTPStatus]:
    is_foreign = path.startswith((OPENAI_PREFIX, OPEN_INFERENCE_PREFIX))
    return {classic(status) for status in statuses} if is_foreign else statuses


def _refusal(operation: Operation, status: HTTPStatus, of_type: dict[Any, Schema]) -> Schema:
    if operation.path.startswith(OPENAI_PREFIX):
        media_type, schema = JSON, of_type[OpenAIError]
    elif status is HTTPStatus.SERVICE_UNAVAILABLE and not operation.is_model_endpoint and _is_probe(operation):
        media_type, schema = JSON, of_type[operation.response]
    elif operation.path.startswith(OPEN_INFERENCE_PREFIX):
        media_type, schema = JSON, of_type[OpenInferenceError]
    else:
        media_type, schema = MEDIA_TYPE, of_type[Problem]
    return {"description": status.phrase, "content": {media_type: {"schema": schema}}}


def _is_probe(operation: Operation) -> bool:
    return operation.path.startswith(("/health", "/ready", f"{OPEN_INFERENCE_PREFIX}/health/"))
