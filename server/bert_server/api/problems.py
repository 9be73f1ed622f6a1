"""Errors as problem details (RFC 9457): what was wrong with which field, and which limit applies."""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """An answer other than success. `members` extend its body: field, limit, actual, as far as they apply."""

    def __init__(
        self,
        status: HTTPStatus,
        kind: str,
        detail: str,
        members: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.headers = headers
        self.members = members or {}

    def response(self) -> Response:
        body = {
            "type": f"urn:bert-server:problem:{self.kind}",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
            **self.members,
        }
        return Response(msgspec.json.encode(body), int(self.status), headers=self.headers, media_type=MEDIA_TYPE)


async def answer_problem(request: Request, error: Exception) -> Response:
    """Starlette's handler for ProblemError."""
    del request
    assert isinstance(error, ProblemError)  # noqa: S101  registered for this class only
    return error.response()


async def answer_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's handler for what its router raises: unknown paths and methods."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class only
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        detail = f"{request.method} is not allowed on {request.url.path}; use {allowed}"
    elif status is HTTPStatus.NOT_FOUND:
        detail = f"there is nothing at {request.url.path}"
    else:
        detail = error.detail
    return ProblemError(status, status.name.lower().replace("_", "-"), detail, headers=error.headers).response()
