"""`POST /translate`."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bert_server.api.answering import Answered, json_response, loaded, no_model, now_timestamp, refusals, resources_for
from bert_server.api.body import read_json
from bert_server.api.operations import Operation
from bert_server.api.texts import Texts
from bert_server.bundle.manifest import Task
from bert_server.models import TranslatorModel
from bert_server.service import Service
from bert_server.tasks.translate import (
    DEFAULT_BEAM_SIZE,
    MAX_BEAM_SIZE,
    MAX_LENGTH_PENALTY,
    MAX_OUTPUT_TOKENS,
    MAX_TEXT_CHARACTERS,
    SentencePair,
    TranslatedText,
    TranslateOptions,
    translate,
)

PATH = "/translate"

Text = Annotated[str, Meta(description=f"At most {MAX_TEXT_CHARACTERS} characters, of as many sentences as you like.")]


class TranslateRequest(Struct, forbid_unknown_fields=True):
    """`text` or `texts`."""

    text: Text | UnsetType = UNSET
    texts: list[Text] | UnsetType = UNSET
    beam_size: Annotated[
        int, Meta(ge=1, le=MAX_BEAM_SIZE, description="Hypotheses kept while searching; fewer are faster.")
    ] = DEFAULT_BEAM_SIZE
    max_output_tokens: Annotated[
        Annotated[int, Meta(ge=1, le=MAX_OUTPUT_TOKENS)] | None,
        Meta(description="Longest translation of a sentence; without it, several times the length of the sentence."),
    ] = None
    length_penalty: Annotated[
        float,
        Meta(
            ge=0,
            le=MAX_LENGTH_PENALTY,
            description="Exponent of the length by which a hypothesis's log-probability is divided: above 1 prefers "
            "longer translations, below 1 shorter ones.",
        ),
    ] = 1.0
    sentences: Annotated[bool, Meta(description="Also give each sentence with its translation.")] = False


class TranslateResponse(Answered, kw_only=True):
    """`translation` if `text` was asked for, `translations` in the order of `texts` otherwise; `sentences` if asked
    for, of the one text or a list for each of them."""

    translation: str | UnsetType = UNSET
    translations: list[str] | UnsetType = UNSET
    sentences: Sequence[SentencePair | list[SentencePair]] | UnsetType = UNSET


_DECODER = msgspec.json.Decoder(TranslateRequest)
_NAMES = ("text", "texts")


def routes(service: Service) -> list[Route]:
    async def translate_texts(request: Request) -> Response:
        asked = await read_json(request, _DECODER, service.settings.max_body_bytes)
        texts = Texts(asked.text, asked.texts, names=_NAMES, limit=service.settings.max_texts)
        model = _translator(service)
        resources = resources_for(service, request, service.settings.translate_deadline_seconds)
        options = TranslateOptions(asked.beam_size, asked.max_output_tokens, asked.length_penalty)
        with refusals(texts.field):
            translated = await translate(model, texts.all, options, resources)
        return json_response(_answer(service, translated, is_one=texts.is_one, with_sentences=asked.sentences))

    return [Route(PATH, translate_texts, methods=["POST"])]


def _translator(service: Service) -> TranslatorModel:
    models = loaded(service)
    model = models.translator()
    if model is None:
        raise no_model(models, Task.TRANSLATE)
    return model


def _answer(
    service: Service, translated: list[TranslatedText], *, is_one: bool, with_sentences: bool
) -> TranslateResponse:
    identity = service.identity
    answer = TranslateResponse(version=identity.version, fingerprint=identity.fingerprint, timestamp=now_timestamp())
    if is_one:
        answer.translation = translated[0].translation
        answer.sentences = translated[0].sentences if with_sentences else UNSET
    else:
        answer.translations = [text.translation for text in translated]
        answer.sentences = [text.sentences for text in translated] if with_sentences else UNSET
    return answer


OPERATIONS = (
    Operation(
        method="post",
        path=PATH,
        tag="Tasks",
        summary="Texts in the other language",
        request=TranslateRequest,
        one_of=_NAMES,
        response=TranslateResponse,
        is_model_endpoint=True,
        examples={
            "one text": {"text": "今天天气很好。我们一起去公园吧！"},
            "several, with their sentences": {
                "texts": ["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"],
                "beam_size": 2,
                "sentences": True,
            },
        },
    ),
)
