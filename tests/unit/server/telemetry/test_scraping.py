"""Connections to the metrics port that say nothing."""

import socket
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from prometheus_client import CollectorRegistry

from bert_server.telemetry import scraping
from bert_server.telemetry.predictions import RecentPredictions
from bert_server.telemetry.scraping import MOST_CONNECTIONS, scraped_app, start_scrape_server

PATIENCE_SECONDS = 20


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    monkeypatch.setattr(scraping._SilentHandler, "timeout", 0.3)
    app = scraped_app(CollectorRegistry(), RecentPredictions(8))
    server, thread = start_scrape_server(app, "127.0.0.1", 0)
    yield "127.0.0.1", server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def is_closed(connection: socket.socket) -> bool:
    """Waits until the other side closes."""
    connection.settimeout(PATIENCE_SECONDS)
    return connection.recv(1) == b""


def test_they_are_closed_and_no_more_of_them_are_held_than_there_are_places(
    address: tuple[str, int], capfd: pytest.CaptureFixture[str]
) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection(address)) for _ in range(2 * MOST_CONNECTIONS)]
        assert all(is_closed(connection) for connection in silent)
    host, port = address
    with urllib.request.urlopen(f"http://{host}:{port}/predictions", timeout=PATIENCE_SECONDS) as response:
        assert response.status == 200
    assert capfd.readouterr().err == ""
