"""The metrics port: `GET /predictions`, and the metrics under every other path."""

import threading
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from socket import AddressFamily
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import msgspec
from prometheus_client import CollectorRegistry, make_wsgi_app

from bert_server.telemetry.predictions import RecentPredictions

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PREDICTIONS_PATH = "/predictions"
MOST_CONNECTIONS = 64
# How long a scraper may say nothing.
RECEIVE_SECONDS = 10.0


def scraped_app(registry: CollectorRegistry, predictions: RecentPredictions) -> "WSGIApplication":
    """Called on threads of its own."""
    metrics: WSGIApplication = make_wsgi_app(registry)

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] != PREDICTIONS_PATH:
            return metrics(environ, start_response)
        status = HTTPStatus.OK if predictions.are_kept else HTTPStatus.NOT_FOUND
        after = parse_qs(environ.get("QUERY_STRING", "")).get("after", [None])[0]
        body = msgspec.json.encode(predictions.since(after)) if predictions.are_kept else b"{}"
        start_response(f"{status.value} {status.phrase}", [("Content-Type", "application/json")])
        return [body]

    return app


class _Server(ThreadingMixIn, WSGIServer):
    """Each connection has a thread, so there are only so many, and they end."""

    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


class _ServerV6(_Server):
    address_family = AddressFamily.AF_INET6


class _SilentHandler(WSGIRequestHandler):
    timeout = RECEIVE_SECONDS

    def handle(self) -> None:
        with suppress(TimeoutError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class calls it
        pass


def start_scrape_server(app: "WSGIApplication", host: str, port: int) -> tuple[WSGIServer, threading.Thread]:
    """Listens and answers until `shutdown`. Raises OSError if it cannot listen there."""
    server_class = _ServerV6 if ":" in host else _Server
    server = make_server(host, port, app, server_class=server_class, handler_class=_SilentHandler)
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    return server, thread
