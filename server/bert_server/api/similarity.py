"""`POST /semantic-similarity`."""

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
from bert_server.bundle.manifest import Task
from bert_server.inference.jobs import Pooling
from bert_server.service import Service
from bert_server.tasks.similarity import compare

PATH = "/semantic-similarity"

Score = Annotated[
    float,
    Meta(
        ge=0,
        le=1,
        description="max(0, cosine) of the two vectors, to six decimals: 1 is the same direction, 0 unrelated or "
        "opposed.",
    ),
]


class SimilarityRequest(Struct, forbid_unknown_fields=True):
    """`text` against `other`, or against each of `others`."""

    text: str
    other: str | UnsetType = UNSET
    others: list[str] | UnsetType = UNSET
    pooling: Pooling = Pooling.MEAN
    truncate: Annotated[bool, Meta(description="Cut the end off texts that are too long, instead of a 422.")] = False


class SimilarityResponse(Answered, kw_only=True):
    """`similarity` if `other` was asked for, `similarities` in the order of `others` otherwise. `truncated` names the
    fields whose texts were cut."""

    similarity: Score | UnsetType = UNSET
    similarities: list[Score] | UnsetType = UNSET
    truncated: list[str]


_DECODER = msgspec.json.Decoder(SimilarityRequest)
_NAMES = ("other", "others")


def routes(service: Service) -> list[Route]:
    async def similarity(request: Request) -> Response:
        asked = await read_json(request, _DECODER, service.settings.max_body_bytes)
        others = Texts(asked.other, asked.others, names=_NAMES, limit=service.settings.max_texts)
        model = encoder_for(service, Task.SEMANTIC_SIMILARITY)
        resources = resources_for(service, request)

        def field(index: int) -> str:
            return others.field(index - 1) if index else "text"

        with refusals(field):
            found = await compare(
                model, asked.text, others.all, pooling=asked.pooling, truncate=asked.truncate, resources=resources
            )
        answer = SimilarityResponse(
            version=service.identity.version,
            fingerprint=service.identity.fingerprint,
            timestamp=now_timestamp(),
            truncated=[field(index) for index in found.truncated],
        )
        if others.is_one:
            (answer.similarity,) = found.scores
        else:
            answer.similarities = found.scores
        return json_response(answer)

    return [Route(PATH, similarity, methods=["POST"])]


OPERATIONS = (
    Operation(
        method="post",
        path=PATH,
        tag="Tasks",
        summary="How alike texts are, from 0 to 1",
        request=SimilarityRequest,
        one_of=_NAMES,
        response=SimilarityResponse,
        is_model_endpoint=True,
        examples={
            "two texts": {"text": "床前明月光", "other": "举头望明月"},
            "one against many": {
                "text": "画龙点睛",
                "others": ["画蛇添足", "锦上添花", "今天吃火锅"],
                "pooling": "mean",
            },
        },
    ),
)
