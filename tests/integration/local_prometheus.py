"""A Prometheus of the test's own, on this machine, and something for it to scrape."""

import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_prometheus(program: Path, directory: Path, config: Mapping[str, Any]) -> Iterator[str]:
    """The URL of a Prometheus with `config`. Whoever asks waits until it answers."""
    file, port = directory / "prometheus.yaml", free_port()
    file.write_text(yaml.safe_dump(dict(config)), encoding="utf-8")
    command = [str(program), f"--config.file={file}", f"--storage.tsdb.path={directory / 'data'}"]
    process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"])
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def serving_pages(page: Callable[[str], str]) -> Iterator[int]:
    """The port on which `page(path)` is served as metrics."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(page(self.path).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
