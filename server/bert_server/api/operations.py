"""What the OpenAPI document knows of an endpoint; each module of the API lists its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

JSON = "application/json"

# What every model endpoint may answer instead of what was asked for.
MODEL_ERRORS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """`request` and `response` are types that msgspec knows; `response` is None for an answer without a body.

    `one_of` names the fields of the request of which exactly one must be given. `examples` are whole requests by
    name. `errors` are the other statuses it answers with; `is_model_endpoint` adds those of all model endpoints, and
    headers that tell queue and inference time.
    """

    method: str
    path: str
    tag: str
    summary: str
    response: Any
    request: Any = None
    one_of: tuple[str, ...] = ()
    examples: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[HTTPStatus, ...] = ()
    is_model_endpoint: bool = False
