"""Reading a request's JSON body, with a limit that holds before and while it arrives."""

import json
import re
from http import HTTPStatus
from typing import TypeVar

import msgspec
from starlette.requests import Request

from bert_server.api.problems import ProblemError, unprocessable
from bert_server.digits import whole_number

Content = TypeVar("Content")

_FIELD = re.compile(r"`\$\.(\w+)|field `(\w+)`")


async def read_json(request: Request, decoder: msgspec.json.Decoder[Content], limit_bytes: int) -> Content:
    """Raises ProblemError: 400 not JSON, 413 too long, 415 encoded, 422 not what the endpoint takes."""
    return decode_json(await read_body(request, limit_bytes), decoder)


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """Raises ProblemError: 413 too long, 415 encoded."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "content-encoding",
            f"the body must not be encoded, not even as {encoding}; send plain JSON",
            {"field": "Content-Encoding", "actual": encoding},
        )
    announced = whole_number(request.headers.get("content-length", ""))
    if announced is not None and announced > limit_bytes:
        raise _too_long(limit_bytes, announced)
    chunks = []
    received_bytes = 0
    async for chunk in request.stream():
        received_bytes += len(chunk)
        if received_bytes > limit_bytes:
            raise _too_long(limit_bytes, received_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


def decode_json(body: bytes, decoder: msgspec.json.Decoder[Content]) -> Content:
    """Raises ProblemError: 400 not JSON, 422 not what the decoder takes, or a field that is there twice."""
    try:
        content = decoder.decode(body)
        _DUPLICATES.decode(body.decode())
    except msgspec.ValidationError as error:
        match = _FIELD.search(str(error))
        field = {"field": match[1] or match[2]} if match else {}
        raise unprocessable("invalid-request", f"the request does not fit: {error}", field) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, "not-json", f"the body is not valid JSON in UTF-8: {error or type(error).__name__}"
        ) from error
    return content


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> None:
    seen = set()
    for name, _ in pairs:
        if name in seen:
            raise unprocessable("duplicate-field", f"{name} is there more than once; send it once", {"field": name})
        seen.add(name)


# msgspec would take the last of several fields with one name. What else there is, it has judged already.
_DUPLICATES = json.JSONDecoder(object_pairs_hook=_refuse_duplicates, parse_int=len, parse_float=len)


def _too_long(limit_bytes: int, actual_bytes: int) -> ProblemError:
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body-too-large",
        f"the body is longer than {limit_bytes} bytes",
        {"limit": limit_bytes, "actual": actual_bytes},
    )
