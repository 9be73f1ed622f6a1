"""`POST /fill-mask`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bert_server.api.body import read_json
from bert_server.api.problems import ProblemError
from bert_server.loading import LoadedModel
from bert_server.service import Service
from bert_server.tasks.fill_mask import Candidate
from bert_server.tokenization import EncodedText, NoMaskError, TooManyTokensError
from bert_server.worker import QueueFullError

PATH = "/fill-mask"
MAX_TOP_K = 100


class FillMaskRequest(Struct, forbid_unknown_fields=True):
    text: str
    top_k: Annotated[int, Meta(ge=1, le=MAX_TOP_K)] = 5


class FillMaskResponse(Struct):
    """`result` holds the candidates of the one mask; with several masks, a list of candidates for each."""

    result: list[Candidate] | list[list[Candidate]]
    version: str
    fingerprint: str
    timestamp: str


_DECODER = msgspec.json.Decoder(FillMaskRequest)
_ENCODER = msgspec.json.Encoder()


def routes(service: Service) -> list[Route]:
    async def fill_mask(request: Request) -> Response:
        asked = await read_json(request, _DECODER, service.settings.max_body_bytes)
        if not asked.text.strip():
            raise _unprocessable("empty-text", "text is empty; send a sentence with a mask", {"field": "text"})
        model = _loaded(service)
        text = await _encode(service, model, asked.text)
        masks = await _predict(service, model, text, asked.top_k)
        answer = FillMaskResponse(
            result=masks[0] if len(masks) == 1 else masks,
            version=service.identity.version,
            fingerprint=service.identity.fingerprint,
            timestamp=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        )
        return Response(_ENCODER.encode(answer), media_type="application/json")

    return [Route(PATH, fill_mask, methods=["POST"])]


def _loaded(service: Service) -> LoadedModel:
    if service.model is None:
        status, reason = service.status()
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "not-ready",
            f"the server is {status}: {reason}",
            headers={"Retry-After": "1"},
        )
    return service.model


async def _encode(service: Service, model: LoadedModel, text: str) -> EncodedText:
    try:
        return await service.encode(model, text)
    except NoMaskError as error:
        mask = model.manifest.mask_token
        raise _unprocessable(
            "no-mask", f"text holds no {mask}; write {mask} where a word is missing", {"field": "text"}
        ) from error
    except TooManyTokensError as error:
        raise _unprocessable(
            "text-too-long",
            f"text has {error.actual} tokens with the two that frame it, the model takes {error.limit}; shorten it",
            {"field": "text", "limit": error.limit, "actual": error.actual},
        ) from error


async def _predict(service: Service, model: LoadedModel, text: EncodedText, top_k: int) -> list[list[Candidate]]:
    try:
        return await service.worker.run(lambda: model.fill_mask.predict(text, top_k))
    except QueueFullError as error:
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "overloaded",
            f"{error}; try again in {error.retry_after_seconds} s",
            headers={"Retry-After": str(error.retry_after_seconds)},
        ) from error


def _unprocessable(kind: str, detail: str, members: Mapping[str, object]) -> ProblemError:
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, kind, detail, members)
