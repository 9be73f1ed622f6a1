"""`POST /feature-extraction`."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bert_server.api.answering import Answered, encoder_for, json_response, now_timestamp, refusals, resources_for
from bert_server.api.body import read_json
from bert_server.api.operations import Operation
from bert_server.api.texts import Texts
from bert_server.api.vectors import as_base64, as_numbers
from bert_server.bundle.manifest import Task
from bert_server.inference.jobs import Pooling, Vector
from bert_server.service import Service
from bert_server.tasks.features import Features, extract_features

PATH = "/feature-extraction"


class Encoding(StrEnum):
    FLOAT = "float"
    BASE64 = "base64"


class FeaturesRequest(Struct, forbid_unknown_fields=True):
    """`text` or `texts`."""

    text: str | UnsetType = UNSET
    texts: list[str] | UnsetType = UNSET
    pooling: Annotated[
        Pooling, Meta(description="The vector of [CLS], or the mean over all tokens, the framing ones included.")
    ] = Pooling.CLS
    encoding: Annotated[
        Encoding, Meta(description="Numbers to eight decimals, or 32-bit floats, little-endian, in base64.")
    ] = Encoding.FLOAT
    normalize: Annotated[bool, Meta(description="Scale each vector to length 1.")] = False
    truncate: Annotated[bool, Meta(description="Cut the end off texts that are too long, instead of a 422.")] = False


class FeaturesResponse(Answered, kw_only=True):
    """`result` if `text` was asked for, `results` in the order of `texts` otherwise. `truncated` names the fields
    whose texts were cut, `tokens` counts those of all texts, the framing ones included."""

    result: list[float] | str | UnsetType = UNSET
    results: Sequence[list[float] | str] | UnsetType = UNSET
    dimensions: int
    tokens: int
    truncated: list[str]


_DECODER = msgspec.json.Decoder(FeaturesRequest)
_NAMES = ("text", "texts")


def routes(service: Service) -> list[Route]:
    async def feature_extraction(request: Request) -> Response:
        asked = await read_json(request, _DECODER, service.settings.max_body_bytes)
        texts = Texts(asked.text, asked.texts, names=_NAMES, limit=service.settings.max_texts)
        model = encoder_for(service, Task.FEATURE_EXTRACTION)
        resources = resources_for(service, request)
        with refusals(texts.field):
            features = await extract_features(
                model,
                texts.all,
                pooling=asked.pooling,
                normalize=asked.normalize,
                truncate=asked.truncate,
                resources=resources,
            )
        return json_response(_answer(service, texts, features, asked.encoding))

    return [Route(PATH, feature_extraction, methods=["POST"])]


def _answer(service: Service, texts: Texts, features: Features, encoding: Encoding) -> FeaturesResponse:
    answer = FeaturesResponse(
        version=service.identity.version,
        fingerprint=service.identity.fingerprint,
        timestamp=now_timestamp(),
        dimensions=len(features.vectors[0]),
        tokens=sum(features.tokens),
        truncated=[texts.field(index) for index in features.truncated],
    )
    written = _written(features.vectors, encoding)
    if texts.is_one:
        (answer.result,) = written
    else:
        answer.results = written
    return answer


def _written(vectors: list[Vector], encoding: Encoding) -> Sequence[list[float] | str]:
    if encoding is Encoding.BASE64:
        return [as_base64(vector) for vector in vectors]
    return [as_numbers(vector) for vector in vectors]


OPERATIONS = (
    Operation(
        method="post",
        path=PATH,
        tag="Tasks",
        summary="A vector for each text",
        request=FeaturesRequest,
        one_of=_NAMES,
        response=FeaturesResponse,
        is_model_endpoint=True,
        examples={
            "one text": {"text": "春眠不觉晓"},
            "several, compact": {"texts": ["画龙点睛", "守株待兔"], "pooling": "mean", "encoding": "base64"},
        },
    ),
)
