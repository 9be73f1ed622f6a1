"""`GET /health`, `/ready` and `/version`: for probes, and for people who ask what runs here."""

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bert_server.service import Service, Status


def routes(service: Service) -> list[Route]:
    async def health(request: Request) -> Response:
        # That this runs at all shows that the event loop turns.
        del request
        if service.is_alive():
            return _json({"status": "alive"})
        stuck = f"inference does not answer for {service.worker.busy_seconds():.0f} s"
        return _json({"status": "stuck", "reason": stuck}, HTTPStatus.SERVICE_UNAVAILABLE)

    async def ready(request: Request) -> Response:
        del request
        status, reason = service.status()
        code = HTTPStatus.OK if status is Status.READY else HTTPStatus.SERVICE_UNAVAILABLE
        return _json({"status": status, "reason": reason}, code)

    async def version(request: Request) -> Response:
        del request
        identity, model = service.identity, service.model
        known: dict[str, Any] = {"version": identity.version, "release": identity.release}
        if model is not None:
            manifest = model.manifest
            known |= {
                "fingerprint": manifest.fingerprint,
                "model": manifest.name,
                "tasks": manifest.tasks,
                "precision": manifest.precision,
                "max_tokens": manifest.max_tokens,
                "engine": model.engine,
            }
        return _json(known)

    return [Route("/health", health), Route("/ready", ready), Route("/version", version)]


def _json(body: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(msgspec.json.encode(body), int(status), media_type="application/json")
