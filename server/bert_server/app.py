"""The ASGI application: routes, error answers, and the layers around them."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from bert_server.api.families import MODEL_PATHS, routes
from bert_server.api.keys import ApiKeys
from bert_server.api.patience import Patience
from bert_server.api.problems import ProblemError, answer_http_exception, answer_problem
from bert_server.errors import SettingsError
from bert_server.expectation import UnreadBodies
from bert_server.overload import OverloadGate
from bert_server.service import Service
from bert_server.settings import Settings
from bert_server.telemetry.middleware import Telemetry
from bert_server.telemetry.tracing import Tracing


def create_app(service: Service, middleware: Sequence[Middleware] = (), tracing: Tracing | None = None) -> ASGIApp:
    """`middleware` lies between the server's own layers, which see all it does, and the API; the outermost first.

    Raises SettingsError if the file of API keys cannot be used.
    """
    settings = service.settings
    app = Starlette(
        routes=routes(service),
        middleware=[
            Middleware(UnreadBodies),
            Middleware(Telemetry, service, MODEL_PATHS, tracing),
            Middleware(OverloadGate, service.scheduler, Patience(service).seconds),
            *_asked_for(settings),
            *middleware,
        ],
        exception_handlers={ProblemError: answer_problem, HTTPException: answer_http_exception},
    )
    # There is no such path; behind a proxy the redirect would also name the wrong scheme.
    app.router.redirect_slashes = False
    # Now instead of at the first request, so that a wrong setting ends the start.
    app.middleware_stack = app.build_middleware_stack()
    return app


def _asked_for(settings: Settings) -> Iterator[Middleware]:
    if settings.api_keys_file is not None:
        yield Middleware(ApiKeys, settings.api_keys_file)
    if settings.gzip:
        yield Middleware(GZipMiddleware)


def import_middleware(references: Sequence[str]) -> list[Middleware]:
    """ASGI middleware classes by `module:attribute`. Raises SettingsError if there is no such thing."""
    return [Middleware(_import(reference)) for reference in references]


def _import(reference: str) -> Callable[[ASGIApp], ASGIApp]:
    module, _, attribute = reference.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise SettingsError(f"middleware: cannot import {reference!r}: {error}; is it on PYTHONPATH?") from error
    if not callable(found):
        raise SettingsError(f"middleware: {reference!r} is no class or factory that takes an ASGI app")
    factory: Callable[[ASGIApp], ASGIApp] = found
    return factory
