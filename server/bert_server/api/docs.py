"""The interactive page of the API at `/docs`: what the OpenAPI document says, with forms to try it."""

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bert_server.api.web import SECURITY_HEADERS
from bert_server.service import Service

_FILES = {
    "/docs": ("page.html", "text/html; charset=utf-8"),
    "/docs/icon.svg": ("icon.svg", "image/svg+xml"),
    "/docs/page.css": ("page.css", "text/css; charset=utf-8"),
    "/docs/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
_HEADERS = SECURITY_HEADERS | {"Cache-Control": "no-cache"}


def routes(service: Service) -> list[Route]:
    """None if the settings say that there is no page."""
    if not service.settings.web_page:
        return []
    directory = files("bert_server.api") / "docs_page"
    return [_route(path, (directory / name).read_bytes(), kind) for path, (name, kind) in _FILES.items()]


def _route(path: str, content: bytes, media_type: str) -> Route:
    async def answer(request: Request) -> Response:
        del request
        return Response(content, headers=_HEADERS, media_type=media_type)

    return Route(path, answer)
