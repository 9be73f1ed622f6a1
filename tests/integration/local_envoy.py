"""A real Envoy in front of a server that says yes, on loopback and without a mesh."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from devcluster.components.gateway import envoy_program
from tests.integration.local_prometheus import free_port

_START_SECONDS = 30.0
Answer = tuple[int, dict[str, str]]


class _Server(BaseHTTPRequestHandler):
    """Answers `/403` with that, and everything else with 200."""

    def do_GET(self) -> None:
        self.send_response(403 if self.path == "/403" else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class LocalEnvoy:
    """Where it listens, and how to ask it."""

    def __init__(self, port: int) -> None:
        self._port = port

    def get(self, path: str = "/", *, client: str = "127.0.0.1", headers: dict[str, str] | None = None) -> Answer:
        """Status and headers, in lower case, of the answer to a request from the loopback address `client`."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=10, source_address=(client, 0))
        try:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            response.read()
            return response.status, {name.lower(): value for name, value in response.getheaders()}
        finally:
            connection.close()

    def is_listening(self) -> bool:
        try:
            self.get(client="127.0.0.99")
        except OSError:
            return False
        return True


@contextmanager
def running_envoy(connection_manager: dict[str, Any], directory: Path) -> Iterator[LocalEnvoy]:
    """With one HTTP connection manager; its routes are added here."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = free_port()
    file = directory / "envoy.json"
    file.write_text(json.dumps(_configuration(connection_manager, port, server.server_port)), encoding="utf-8")
    arguments = ["--config-path", str(file), "--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]
    with subprocess.Popen([envoy_program(), *arguments]) as process:
        try:
            envoy = LocalEnvoy(port)
            deadline = time.monotonic() + _START_SECONDS
            while not envoy.is_listening():
                assert process.poll() is None, "Envoy refuses the configuration; it said why above"
                assert time.monotonic() < deadline, "Envoy does not listen"
                time.sleep(0.05)
            yield envoy
        finally:
            process.terminate()
            process.wait()
            server.shutdown()
            server.server_close()


def _configuration(connection_manager: dict[str, Any], port: int, server_port: int) -> dict[str, Any]:
    route = {"match": {"prefix": "/"}, "route": {"cluster": "server"}}
    manager = {
        **connection_manager,
        "stat_prefix": "inbound",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
    }
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    endpoint = {"endpoint": {"address": _address(server_port)}}
    assignment = {"cluster_name": "server", "endpoints": [{"lb_endpoints": [endpoint]}]}
    return {
        "static_resources": {
            "listeners": [{"name": "inbound", "address": _address(port), "filter_chains": [{"filters": filters}]}],
            "clusters": [{"name": "server", "type": "STATIC", "load_assignment": assignment}],
        }
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
