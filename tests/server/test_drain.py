"""SIGTERM under load: no request that a client managed to send is lost."""

import http.client
import json
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.server.conftest import StartServer
from tests.server.running import RunningServer

FAULTS = Path(__file__).parents[2] / "examples/faults"
BODY = json.dumps({"text": "床前明月光，疑是地[MASK]霜。"}).encode()
CLIENTS = 8


class SteadyClient:
    """Sends one request after the other, over a connection that it keeps as long as the server lets it."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self.answered = 0
        self.told_to_reconnect = 0

    def run(self, stop: threading.Event) -> None:
        """Raises whatever a lost request raises."""
        while not stop.is_set():
            self._connection.request("POST", "/fill-mask", BODY)
            response = self._connection.getresponse()
            assert json.load(response)["result"][0]["token"] == "上"
            self.answered += 1
            self.told_to_reconnect += response.headers.get("connection") == "close"
        self._connection.close()


def _wait_until_unready(server: RunningServer) -> None:
    while httpx.get(f"{server.url}/ready").status_code == 200:
        pass


@pytest.mark.parametrize("attempt", range(3))
def test_no_request_is_lost_when_a_server_under_load_is_told_to_stop(
    start_server: StartServer, good_bundle: Path, attempt: int
) -> None:
    del attempt
    server = start_server(good_bundle, drain_seconds=2).wait_until_ready()
    clients = [SteadyClient(server.port) for _ in range(CLIENTS)]
    removed_from_service = threading.Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        runs = [pool.submit(client.run, removed_from_service) for client in clients]
        while min(client.answered for client in clients) < 5:
            assert server.is_running
        server.signal(signal.SIGTERM)
        # What Kubernetes does: it sees the pod unready and takes its address away, a little later.
        _wait_until_unready(server)
        while min(client.told_to_reconnect for client in clients) < 2:
            assert server.is_running
        removed_from_service.set()
        for run in runs:
            run.result()
    assert server.wait() == (0, "")


def test_a_request_in_flight_is_answered_even_without_a_drain_period(
    start_server: StartServer, good_bundle: Path
) -> None:
    environment = {"PYTHONPATH": str(FAULTS), "FAULT": "slow", "FAULT_DELAY_MS": "700"}
    server = start_server(
        good_bundle, drain_seconds=0, middleware="bert_faults:fault", environment=environment
    ).wait_until_ready()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(httpx.post, f"{server.url}/fill-mask", content=BODY)
        while server.metrics()["bert_requests_in_flight"] < 1:
            assert server.is_running
        server.signal(signal.SIGTERM)
        response = answer.result()
    assert response.status_code == 200
    assert response.headers["connection"] == "close"
    assert server.wait() == (0, "")


def test_a_second_signal_does_not_wait_for_the_drain(start_server: StartServer, good_bundle: Path) -> None:
    server = start_server(good_bundle, drain_seconds=300).wait_until_ready()
    server.signal(signal.SIGTERM)
    server.wait_for_log("told to stop")
    server.signal(signal.SIGTERM)
    assert server.wait() == (0, "")


def test_a_server_that_is_still_loading_can_be_stopped(start_server: StartServer, good_bundle: Path) -> None:
    server = start_server(good_bundle)
    server.signal(signal.SIGTERM)
    assert server.wait()[0] == 0
