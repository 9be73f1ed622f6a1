"""`POST /v1/embeddings` and `GET /v1/models`, as clients of OpenAI's API know them."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bert_server.api.answering import json_response, loaded, refusals, resources_for
from bert_server.api.body import read_json
from bert_server.api.features import Encoding
from bert_server.api.operations import Operation
from bert_server.api.problems import ProblemError, unprocessable
from bert_server.api.vectors import as_base64, as_numbers
from bert_server.bundle.manifest import Task
from bert_server.inference.jobs import Pooling, TokenIds
from bert_server.models import EncoderModel, Models
from bert_server.service import Service
from bert_server.tasks.errors import InputError
from bert_server.tasks.features import Features, extract_features, features_of, fitted
from bert_server.tasks.resources import Resources

EMBEDDINGS_PATH = "/v1/embeddings"
MODELS_PATH = "/v1/models"
MODEL_PATH = "/v1/models/{name:path}"


class EmbeddingsRequest(Struct, forbid_unknown_fields=True):
    """`input` is a text, several texts, a text as token ids of this model, or several of those."""

    model: str
    input: str | list[str | int | list[int]]
    encoding_format: Encoding = Encoding.FLOAT
    dimensions: Annotated[
        int | None, Meta(description="Nothing but the model's own number: its vectors cannot be shortened.")
    ] = None
    user: Annotated[str | None, Meta(description="Has no effect.")] = None


class Embedding(Struct):
    """Of length 1, the mean over the text's tokens: as numbers, or 32-bit floats, little-endian, in base64."""

    index: int
    embedding: list[float] | str
    object: Literal["embedding"] = "embedding"


class Usage(Struct):
    """Tokens, the framing ones included."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsResponse(Struct):
    data: list[Embedding]
    model: str
    usage: Usage
    object: Literal["list"] = "list"


class ListedModel(Struct):
    """`created` is not known and 0."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "bert-server"


class ModelList(Struct):
    data: list[ListedModel]
    object: Literal["list"] = "list"


_DECODER = msgspec.json.Decoder(EmbeddingsRequest)


def routes(service: Service) -> list[Route]:
    async def embeddings(request: Request) -> Response:
        asked = await read_json(request, _DECODER, service.settings.max_body_bytes)
        inputs = _inputs(asked.input, service.settings.max_texts)
        model = _model(loaded(service), asked.model)
        _check_dimensions(asked.dimensions, model.manifest.hidden_size)
        resources = resources_for(service, request)
        is_one = isinstance(asked.input, str) or isinstance(asked.input[0], int)
        with refusals(lambda index: "input" if is_one else f"input[{index}]"):
            features = await _features(model, inputs, resources)
        return json_response(_answer(features, asked.model, asked.encoding_format))

    async def models(request: Request) -> Response:
        del request
        return json_response(ModelList([ListedModel(model.manifest.name) for model in _embedders(loaded(service))]))

    async def model(request: Request) -> Response:
        return json_response(ListedModel(_model(loaded(service), request.path_params["name"]).manifest.name))

    return [
        Route(EMBEDDINGS_PATH, embeddings, methods=["POST"]),
        Route(MODELS_PATH, models),
        Route(MODEL_PATH, model),
    ]


def _embedders(models: Models) -> list[EncoderModel]:
    encoders = (model for model in models.all if isinstance(model, EncoderModel))
    return [model for model in encoders if Task.FEATURE_EXTRACTION in model.manifest.tasks]


def _model(models: Models, name: str) -> EncoderModel:
    found = models.named(name)
    if isinstance(found, EncoderModel) and Task.FEATURE_EXTRACTION in found.manifest.tasks:
        return found
    names = ", ".join(model.manifest.name for model in _embedders(models)) or "none"
    raise ProblemError(
        HTTPStatus.NOT_FOUND,
        "model-not-found",
        f"there is no model {name}; those here are: {names}",
        {"field": "model"},
    )


def _inputs(asked: str | list[str | int | list[int]], limit: int) -> list[str] | list[list[int]]:
    """Raises ProblemError if they are empty, mixed or too many."""
    if isinstance(asked, str):
        return [asked]
    token_ids = [item for item in asked if isinstance(item, int)]
    if token_ids and len(token_ids) == len(asked):
        return [token_ids]
    texts = [item for item in asked if isinstance(item, str)]
    lists = [item for item in asked if isinstance(item, list)]
    inputs: list[str] | list[list[int]] = texts or lists
    if not inputs or len(inputs) < len(asked):
        problem = "mixes texts and token ids" if asked else "is empty"
        raise unprocessable("invalid-request", f"input {problem}; send one or several of one kind", {"field": "input"})
    if len(inputs) > limit:
        raise unprocessable(
            "too-many-texts",
            f"input holds {len(inputs)}, at most {limit} are taken in one request; send several",
            {"field": "input", "limit": limit, "actual": len(inputs)},
        )
    return inputs


def _check_dimensions(asked: int | None, dimensions: int) -> None:
    if asked not in (None, dimensions):
        raise unprocessable(
            "dimensions-not-supported",
            f"dimensions is {asked}; this model's vectors have {dimensions} and cannot be shortened, leave it out",
            {"field": "dimensions", "limit": dimensions, "actual": asked},
        )


async def _features(model: EncoderModel, inputs: Sequence[str] | Sequence[list[int]], resources: Resources) -> Features:
    texts = [item for item in inputs if isinstance(item, str)]
    if texts:
        return await extract_features(
            model, texts, pooling=Pooling.MEAN, normalize=True, truncate=False, resources=resources
        )
    lists = [_framed(model, item, index) for index, item in enumerate(inputs) if isinstance(item, list)]
    encoded = fitted(model.tokenizer, lists, truncate=False)
    return await features_of(model, encoded, pooling=Pooling.MEAN, normalize=True, resources=resources)


def _framed(model: EncoderModel, token_ids: list[int], index: int) -> TokenIds:
    size = model.manifest.vocabulary_size
    if not token_ids or min(token_ids) < 0 or max(token_ids) >= size:
        problem = f"holds a token id outside of 0 to {size - 1}" if token_ids else "holds no token ids"
        raise InputError("invalid-tokens", f"{problem}; ids are those of this model's vocabulary", index=index)
    return model.tokenizer.framed(token_ids)


def _answer(features: Features, model: str, encoding: Encoding) -> EmbeddingsResponse:
    write = as_base64 if encoding is Encoding.BASE64 else as_numbers
    data = [Embedding(index, write(vector)) for index, vector in enumerate(features.vectors)]
    tokens = sum(features.tokens)
    return EmbeddingsResponse(data, model, Usage(tokens, tokens))


OPERATIONS = (
    Operation(
        method="post",
        path=EMBEDDINGS_PATH,
        tag="OpenAI",
        summary="A vector of length 1 for each text",
        request=EmbeddingsRequest,
        response=EmbeddingsResponse,
        is_model_endpoint=True,
        examples={"texts": {"model": "bert", "input": ["春眠不觉晓", "处处闻啼鸟"], "encoding_format": "float"}},
    ),
    Operation(
        method="get",
        path=MODELS_PATH,
        tag="OpenAI",
        summary="The models that make embeddings",
        response=ModelList,
        errors=(HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE),
    ),
    Operation(
        method="get",
        path=MODEL_PATH,
        tag="OpenAI",
        summary="One of them",
        response=ListedModel,
        errors=(HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
    ),
)
