from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from devcluster.readiness import accepts, answers, is_listening_row, listens


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/good" else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class names it)
        del format, args


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_answer_of_200_is_ready_and_any_other_is_told(url: str) -> None:
    assert answers(f"{url}/good")(0) is None
    assert answers(f"{url}/bad")(0) == f"{url}/bad (answers 503)"


def test_no_answer_is_told_with_its_reason() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        awaited = answers(address)(0)
    assert awaited is not None
    assert "refused" in awaited


def test_a_proxy_in_the_environment_is_not_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert answers(f"{url}/good")(0) is None


def test_a_listener_is_seen_through_the_process_that_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert listens(port)(os.getpid()) is None
    assert listens(port)(os.getpid()) == f"a listener on port {port}"


def test_a_socket_file_without_a_listener_is_not_ready(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        assert accepts(path)(0) == f"the socket {path} (Connection refused)"
        server.listen()
        assert accepts(path)(0) is None
    assert accepts(tmp_path / "absent")(0) == f"the socket {tmp_path / 'absent'} (No such file or directory)"


@pytest.mark.parametrize(
    ("row", "listening"),
    [
        ("   0: 0100007F:0947 00000000:0000 0A 00000000:00000000 00:00000000 00000000", True),
        ("   0: 0100007F:0947 0100007F:C001 01 00000000:00000000 00:00000000 00000000", False),
        ("   0: 0100007F:0948 00000000:0000 0A 00000000:00000000 00:00000000 00000000", False),
    ],
)
def test_a_row_of_the_socket_table_counts_by_state_and_local_port(row: str, listening: bool) -> None:
    assert is_listening_row(row, 0x0947) is listening
