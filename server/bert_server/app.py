"""The ASGI application: routes, error answers, and the layers around them."""

from collections.abc import Callable, Sequence
from importlib import import_module

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from bert_server.api import fill_mask, health
from bert_server.api.problems import ProblemError, answer_http_exception, answer_problem
from bert_server.errors import SettingsError
from bert_server.service import Service
from bert_server.telemetry.middleware import Telemetry

MODEL_PATHS = (fill_mask.PATH,)


def create_app(service: Service, middleware: Sequence[Middleware] = ()) -> ASGIApp:
    """`middleware` lies between the server's telemetry, which sees all it does, and the API; the outermost first."""
    for path in MODEL_PATHS:
        service.metrics.announce_endpoint(path)
    return Starlette(
        routes=[*fill_mask.routes(service), *health.routes(service)],
        middleware=[Middleware(Telemetry, service, MODEL_PATHS), *middleware],
        exception_handlers={ProblemError: answer_problem, HTTPException: answer_http_exception},
    )


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
