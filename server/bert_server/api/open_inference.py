"""`/v2`: the Open Inference Protocol over HTTP. Models are the bundles, by name; their only version is the server's.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
"""

from http import HTTPStatus
from typing import Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bert_server.api.answering import json_response, loaded, refusals, resources_for
from bert_server.api.body import read_body
from bert_server.api.open_inference_tasks import TensorMetadata, inputs_of, outputs_of, perform
from bert_server.api.operations import Operation
from bert_server.api.problems import ProblemError
from bert_server.api.tensors import HEADER_LENGTH, InferRequest, InferResponse, Output, read_request, write_response
from bert_server.models import Model, TranslatorModel
from bert_server.service import Service, Status
from bert_server.settings import Settings

ROOT = "/v2"
MODEL = "/v2/models/{name}"
VERSION = "/v2/models/{name}/versions/{version}"
INFER_PATHS = (f"{MODEL}/infer", f"{VERSION}/infer")
EXTENSIONS = ["binary_tensor_data"]


class ServerMetadata(Struct):
    name: str
    version: str
    extensions: list[str]


class ServerLive(Struct):
    live: bool


class ServerReady(Struct):
    ready: bool


class ModelReady(Struct):
    name: str
    ready: Literal[True] = True


class ModelMetadata(Struct):
    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


def routes(service: Service) -> list[Route]:
    async def server(request: Request) -> Response:
        del request
        return json_response(ServerMetadata("bert-server", service.settings.version, EXTENSIONS))

    async def live(request: Request) -> Response:
        del request
        alive = service.is_alive()
        return json_response(ServerLive(alive), HTTPStatus.OK if alive else HTTPStatus.SERVICE_UNAVAILABLE)

    async def ready(request: Request) -> Response:
        del request
        is_ready = service.status()[0] is Status.READY
        return json_response(ServerReady(is_ready), HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)

    async def metadata(request: Request) -> Response:
        model = _model(service, request)
        name, platform = model.manifest.name, str(model.engine.get("name", "unknown"))
        return json_response(
            ModelMetadata(name, [service.settings.version], platform, inputs_of(model), outputs_of(model))
        )

    async def model_ready(request: Request) -> Response:
        model = _model(service, request)
        status, reason = service.status()
        if status is not Status.READY:
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "not-ready", f"the server is {status}: {reason}")
        return json_response(ModelReady(model.manifest.name))

    async def infer(request: Request) -> Response:
        body = await read_body(request, service.settings.max_body_bytes)
        asked, texts = read_request(body, request.headers.get(HEADER_LENGTH))
        model = _model(service, request)
        resources = resources_for(service, request, deadline_seconds(service.settings, model))
        with refusals("text[{}]".format, "candidates[{}]".format):
            outputs, parameters = await perform(
                model, asked, texts, limit=service.settings.max_texts, resources=resources
            )
        answer = InferResponse(model.manifest.name, service.settings.version, [], asked.id, parameters)
        return _written(answer, asked, outputs)

    return [
        Route(ROOT, server),
        Route(f"{ROOT}/health/live", live),
        Route(f"{ROOT}/health/ready", ready),
        *(Route(path, metadata) for path in (MODEL, VERSION)),
        *(Route(f"{path}/ready", model_ready) for path in (MODEL, VERSION)),
        *(Route(path, infer, methods=["POST"]) for path in INFER_PATHS),
    ]


def deadline_seconds(settings: Settings, model: Model) -> float:
    """How long requests to the model may take that do not say it themselves."""
    if isinstance(model, TranslatorModel):
        return settings.translate_deadline_seconds
    return settings.deadline_seconds


def _model(service: Service, request: Request) -> Model:
    """Raises ProblemError: 503 while nothing is loaded, 404 for another name or version."""
    models = loaded(service)
    name, version = request.path_params["name"], request.path_params.get("version")
    model = models.named(name)
    if model is None:
        names = ", ".join(model.manifest.name for model in models.all)
        raise ProblemError(HTTPStatus.NOT_FOUND, "no-model", f"there is no model {name}; those here are: {names}")
    if version not in (None, service.settings.version):
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            "no-model",
            f"model {name} has no version {version}; the one here is {service.settings.version}",
        )
    return model


def _written(answer: InferResponse, asked: InferRequest, outputs: list[Output]) -> Response:
    all_binary = asked.parameters.get("binary_data_output") is True
    binary = {output.name: output.parameters.get("binary_data", all_binary) is True for output in asked.outputs}
    chosen = [(output, binary.get(output.name, all_binary)) for output in outputs]
    content, head_bytes = write_response(answer, chosen)
    if head_bytes is None:
        return Response(content, media_type="application/json")
    return Response(content, headers={HEADER_LENGTH: str(head_bytes)}, media_type="application/octet-stream")


_TAG = "Open Inference Protocol"
_NOT_LOADED = (HTTPStatus.SERVICE_UNAVAILABLE,)
_NO_MODEL = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)
_EXAMPLES = {
    "fill-mask": {
        "id": "1",
        "inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["床前明月光，疑是地[MASK]霜。"]}],
        "parameters": {"top_k": 3},
    },
    "features": {
        "inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["春眠不觉晓"]}],
        "outputs": [{"name": "features"}],
    },
}

OPERATIONS = (
    Operation(
        method="get",
        path=ROOT,
        tag=_TAG,
        summary="The server",
        response=ServerMetadata,
        errors=(HTTPStatus.UNAUTHORIZED,),
    ),
    Operation(
        method="get",
        path=f"{ROOT}/health/live",
        tag=_TAG,
        summary="Whether the process should live",
        response=ServerLive,
        errors=_NOT_LOADED,
    ),
    Operation(
        method="get",
        path=f"{ROOT}/health/ready",
        tag=_TAG,
        summary="Whether to send requests here",
        response=ServerReady,
        errors=_NOT_LOADED,
    ),
    *(
        operation
        for path in (MODEL, VERSION)
        for operation in (
            Operation(
                method="get",
                path=path,
                tag=_TAG,
                summary="A model, its inputs and outputs",
                response=ModelMetadata,
                errors=_NO_MODEL,
            ),
            Operation(
                method="get",
                path=f"{path}/ready",
                tag=_TAG,
                summary="Whether a model is ready",
                response=ModelReady,
                errors=_NO_MODEL,
            ),
            Operation(
                method="post",
                path=f"{path}/infer",
                tag=_TAG,
                summary="Ask a model; the outputs asked for say what",
                request=InferRequest,
                response=InferResponse,
                is_model_endpoint=True,
                examples=_EXAMPLES,
            ),
        )
    ),
)
