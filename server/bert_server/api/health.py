"""`GET /health`, `/ready` and `/version`: for probes, and for people who ask what runs here."""

from http import HTTPStatus
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bert_server.api.answering import json_response
from bert_server.api.operations import Operation
from bert_server.bundle.manifest import EncoderManifest
from bert_server.models import Model
from bert_server.service import Service, Status


class Health(Struct, omit_defaults=True):
    status: str
    reason: str = ""


class LoadedModel(Struct):
    """`engine` is what the engine says of itself."""

    name: str
    family: str
    tasks: list[str]
    fingerprint: str
    precision: str
    max_tokens: int
    engine: dict[str, Any]


class Version(Struct):
    """`models` is empty and `fingerprint` too until they are loaded."""

    version: str
    release: str
    fingerprint: str
    models: list[LoadedModel]


def routes(service: Service) -> list[Route]:
    async def health(request: Request) -> Response:
        # That this runs at all shows that the event loop turns.
        del request
        if service.is_alive():
            return json_response(Health("alive"))
        stuck = f"inference does not answer for {service.scheduler.busy_seconds():.0f} s"
        return json_response(Health("stuck", stuck), HTTPStatus.SERVICE_UNAVAILABLE)

    async def ready(request: Request) -> Response:
        del request
        status, reason = service.status()
        code = HTTPStatus.OK if status is Status.READY else HTTPStatus.SERVICE_UNAVAILABLE
        return json_response(Health(status, reason), code)

    async def version(request: Request) -> Response:
        del request
        identity = service.identity
        models = service.models.all if service.models is not None else ()
        described = [_described(model) for model in models]
        return json_response(Version(identity.version, identity.release, identity.fingerprint, described))

    return [Route("/health", health), Route("/ready", ready), Route("/version", version)]


def _described(model: Model) -> LoadedModel:
    manifest = model.manifest
    preferred = manifest.precisions[0] if isinstance(manifest, EncoderManifest) else manifest.precision
    return LoadedModel(
        name=manifest.name,
        family=manifest.family,
        tasks=list(manifest.tasks),
        fingerprint=manifest.fingerprint,
        precision=model.engine.get("precision", preferred),
        max_tokens=manifest.max_tokens,
        engine=model.engine,
    )


_UNAVAILABLE = (HTTPStatus.SERVICE_UNAVAILABLE,)
OPERATIONS = (
    Operation(
        method="get",
        path="/health",
        tag="Server",
        summary="Whether the process should live",
        response=Health,
        errors=_UNAVAILABLE,
    ),
    Operation(
        method="get",
        path="/ready",
        tag="Server",
        summary="Whether to send requests here, and why not",
        response=Health,
        errors=_UNAVAILABLE,
    ),
    Operation(method="get", path="/version", tag="Server", summary="What runs here", response=Version),
)
