"""Reading a request's JSON body, with a limit that holds before and while it arrives."""

import re
from http import HTTPStatus
from typing import TypeVar

import msgspec
from starlette.requests import Request

from bert_server.api.problems import ProblemError

Content = TypeVar("Content")

_FIELD = re.compile(r"`\$\.(\w+)|field `(\w+)`")


async def read_json(request: Request, decoder: msgspec.json.Decoder[Content], limit_bytes: int) -> Content:
    """Raises ProblemError: 400 not JSON, 413 too long, 415 encoded, 422 not what the endpoint takes."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "content-encoding",
            f"the body must not be encoded, not even as {encoding}; send plain JSON",
            {"field": "Content-Encoding", "actual": encoding},
        )
    body = await _read(request, limit_bytes)
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        match = _FIELD.search(str(error))
        field = {"field": match[1] or match[2]} if match else {}
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", f"the request does not fit: {error}", field
        ) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, "not-json", f"the body is not valid JSON in UTF-8: {error or type(error).__name__}"
        ) from error


async def _read(request: Request, limit_bytes: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit_bytes:
        raise _too_long(limit_bytes, int(announced))
    chunks = []
    received_bytes = 0
    async for chunk in request.stream():
        received_bytes += len(chunk)
        if received_bytes > limit_bytes:
            raise _too_long(limit_bytes, received_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_long(limit_bytes: int, actual_bytes: int) -> ProblemError:
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body-too-large",
        f"the body is longer than {limit_bytes} bytes",
        {"limit": limit_bytes, "actual": actual_bytes},
    )
