"""Errors as problem details (RFC 9457): what was wrong with which field, and which limit applies.

Under `/v1` and `/v2` the same errors have the form that the clients of those protocols read.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
# What the protocols under these paths know as the one status for a request that does not fit.
OPENAI_PREFIX, OPEN_INFERENCE_PREFIX = "/v1/", "/v2"
# Errors quote what was sent, which may be as long as a body.
LONGEST_CHARACTERS = 500


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
        self.detail = _shortened(detail)
        self.headers = headers
        self.members = {
            name: _shortened(value) if isinstance(value, str) else value for name, value in (members or {}).items()
        }

    def response(self, path: str = "") -> Response:
        """In the form that belongs to the request's path."""
        if path.startswith(OPENAI_PREFIX):
            return self._response(classic(self.status), self._openai_error(), "application/json")
        if path.startswith(OPEN_INFERENCE_PREFIX):
            return self._response(classic(self.status), {"error": self.detail}, "application/json")
        return self._response(self.status, self._details(), MEDIA_TYPE)

    def _response(self, status: HTTPStatus, body: Mapping[str, Any], media_type: str) -> Response:
        return Response(msgspec.json.encode(body), int(status), headers=self.headers, media_type=media_type)

    def _details(self) -> dict[str, Any]:
        return {
            "type": f"urn:bert-server:problem:{self.kind}",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
            **self.members,
        }

    def _openai_error(self) -> dict[str, Any]:
        kind = "invalid_request_error" if self.status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
        code = self.kind.replace("-", "_")
        return {"error": {"message": self.detail, "type": kind, "param": self.members.get("field"), "code": code}}


def unprocessable(kind: str, detail: str, members: Mapping[str, object]) -> ProblemError:
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, kind, detail, members)


async def answer_problem(request: Request, error: Exception) -> Response:
    """Starlette's handler for ProblemError."""
    assert isinstance(error, ProblemError)  # noqa: S101  registered for this class only
    return error.response(request.url.path)


async def answer_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's handler for what its router raises: unknown paths and methods."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class only
    status = HTTPStatus(error.status_code)
    path = request.url.path
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        detail = f"{request.method} is not allowed on {path}; use {allowed}"
    elif status is HTTPStatus.NOT_FOUND:
        detail = f"there is nothing at {path}"
    else:
        detail = error.detail
    kind = status.name.lower().replace("_", "-")
    return ProblemError(status, kind, detail, headers=error.headers).response(path)


def classic(status: HTTPStatus) -> HTTPStatus:
    """What the foreign protocols call a request that does not fit."""
    return HTTPStatus.BAD_REQUEST if status is HTTPStatus.UNPROCESSABLE_ENTITY else status


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_CHARACTERS else f"{text[: LONGEST_CHARACTERS - 1]}…"
