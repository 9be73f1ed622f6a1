"""`GET /golden`: what the models answered when they were packaged, for whoever compares versions."""

from http import HTTPStatus

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bert_server.api.answering import json_response, loaded
from bert_server.api.operations import Operation
from bert_server.bundle.manifest import EncoderManifest
from bert_server.models import Models
from bert_server.service import Service

PATH = "/golden"


class FilledPrompt(Struct):
    """The likeliest token for the text's one mask, and its probability."""

    text: str
    token: str
    score: float


class ComparedPair(Struct):
    """The cosine of the mean-pooled vectors of two texts."""

    first: str
    second: str
    cosine: float


class TranslatedPrompt(Struct):
    text: str
    translation: str


class Golden(Struct):
    """Answers recorded from the bundles themselves: the texts that the models were surest of."""

    version: str
    fingerprint: str
    fill_mask: list[FilledPrompt]
    semantic_similarity: list[ComparedPair]
    translate: list[TranslatedPrompt]


def routes(service: Service) -> list[Route]:
    async def golden(request: Request) -> Response:
        del request
        return json_response(_golden(service, loaded(service)))

    return [Route(PATH, golden, methods=["GET"])]


def _golden(service: Service, models: Models) -> Golden:
    told = Golden(service.identity.version, service.identity.fingerprint, [], [], [])
    for manifest in (model.manifest for model in models.all):
        if isinstance(manifest, EncoderManifest):
            told.fill_mask += [FilledPrompt(one.text, one.token, one.score) for one in manifest.golden]
            told.semantic_similarity += [
                ComparedPair(one.first, one.second, one.cosine) for one in manifest.golden_pairs
            ]
        else:
            told.translate += [TranslatedPrompt(one.text, one.translation) for one in manifest.golden]
    return told


OPERATIONS = (
    Operation(
        method="get",
        path=PATH,
        tag="Server",
        summary="Texts and the answers recorded for them when the models were packaged",
        response=Golden,
        errors=(HTTPStatus.SERVICE_UNAVAILABLE,),
    ),
)
