"""`POST /fill-mask`."""

from collections.abc import Sequence
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
from bert_server.service import Service
from bert_server.tasks.fill_mask import Candidate, FilledText, fill_masks
from bert_server.tasks.windows import Window

PATH = "/fill-mask"
MAX_TOP_K = 100
MAX_CANDIDATES = 1000

TopK = Annotated[
    int, Meta(ge=1, le=MAX_TOP_K, description="Candidates for each mask; by default 5, or all of those given.")
]
CandidateList = Annotated[
    list[str],
    Meta(
        min_length=1,
        max_length=MAX_CANDIDATES,
        description="Ranks these alone, each one token of the model's vocabulary. Scores stay probabilities over the "
        "whole vocabulary.",
    ),
]


class FillMaskRequest(Struct, forbid_unknown_fields=True):
    """`text` or `texts`, each with one or several masks. A text that is longer than the model takes is cut around
    its masks, and the answer tells the `window`."""

    text: str | UnsetType = UNSET
    texts: list[str] | UnsetType = UNSET
    top_k: TopK | UnsetType = UNSET
    candidates: CandidateList | UnsetType = UNSET


Result = Annotated[
    Sequence[Candidate | list[Candidate]],
    Meta(description="The candidates of the one mask; with several masks, a list of candidates for each."),
]


class FillMaskResult(Struct):
    """For one of several texts."""

    result: Result
    window: Window | None


class FillMaskResponse(Answered, kw_only=True):
    """`result` and `window` if `text` was asked for, `results` in the order of `texts` otherwise."""

    result: Result | UnsetType = UNSET
    window: Window | UnsetType | None = UNSET
    results: list[FillMaskResult] | UnsetType = UNSET


_DECODER = msgspec.json.Decoder(FillMaskRequest)
_NAMES = ("text", "texts")


def routes(service: Service) -> list[Route]:
    async def fill_mask(request: Request) -> Response:
        asked = await read_json(request, _DECODER, service.settings.max_body_bytes)
        texts = Texts(asked.text, asked.texts, names=_NAMES, limit=service.settings.max_texts)
        model = encoder_for(service, Task.FILL_MASK)
        resources = resources_for(service, request)
        with refusals(texts.field):
            filled = await fill_masks(
                model,
                texts.all,
                top_k=asked.top_k or None,
                candidates=asked.candidates or (),
                resources=resources,
            )
        return json_response(_answer(service, filled, is_one=texts.is_one))

    return [Route(PATH, fill_mask, methods=["POST"])]


def _answer(service: Service, filled: list[FilledText], *, is_one: bool) -> FillMaskResponse:
    identity = service.identity
    answer = FillMaskResponse(version=identity.version, fingerprint=identity.fingerprint, timestamp=now_timestamp())
    if is_one:
        (text,) = filled
        answer.result, answer.window = _result(text), text.window
    else:
        answer.results = [FillMaskResult(_result(text), text.window) for text in filled]
    return answer


def _result(text: FilledText) -> Result:
    return text.masks[0] if len(text.masks) == 1 else text.masks


OPERATIONS = (
    Operation(
        method="post",
        path=PATH,
        tag="Tasks",
        summary="The likeliest tokens for each [MASK]",
        request=FillMaskRequest,
        one_of=_NAMES,
        response=FillMaskResponse,
        is_model_endpoint=True,
        examples={
            "a poem": {"text": "床前明月光，疑是地[MASK]霜。", "top_k": 3},
            "two masks": {"text": "[MASK]眠不觉晓，处处闻啼[MASK]。"},
            "several texts": {"texts": ["画龙点[MASK]", "守株待[MASK]"]},
            "a choice": {"text": "春[MASK]花开", "candidates": ["暖", "天", "风"]},
        },
    ),
)
