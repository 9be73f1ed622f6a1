"""The web page at `/` and its files under `/static/`."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bert_server.api.problems import ProblemError
from bert_server.web.assets import Page, read_page

if TYPE_CHECKING:  # the page needs nothing of what a service loads
    from bert_server.service import Service

# Nothing but this server's own files and endpoints; no inline script or style, and no HTML made from strings.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ONE_YEAR_SECONDS = 31_536_000


def routes(service: Service) -> list[Route]:
    """None if the settings say that there is no page."""
    if not service.settings.web_page:
        return []
    page = read_page()

    async def index(request: Request) -> Response:
        # Always asked again, so that a new version shows at once; the answer is short while nothing has changed.
        headers = SECURITY_HEADERS | {"Cache-Control": "no-cache", "ETag": f'"{page.html_digest}"'}
        return _answer(request, page.html, "text/html; charset=utf-8", headers)

    async def asset(request: Request) -> Response:
        return _asset(request, page)

    return [Route("/", index), Route("/static/{digest}/{name:path}", asset)]


def _asset(request: Request, page: Page) -> Response:
    found = page.assets.get(request.path_params["name"])
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "not-found", f"there is nothing at {request.url.path}")
    # While a release moves, the page of one version asks another version for its files. What this one has is better
    # than nothing, but must not be kept under that address.
    current = request.path_params["digest"] == page.digest
    kept = f"public, max-age={ONE_YEAR_SECONDS}, immutable" if current else "no-store"
    headers = SECURITY_HEADERS | {"Cache-Control": kept, "ETag": f'"{page.digest}"'}
    return _answer(request, found.content, found.media_type, headers)


def _answer(request: Request, content: bytes, media_type: str, headers: dict[str, str]) -> Response:
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if headers["ETag"] in known:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(content, headers=headers, media_type=media_type)
