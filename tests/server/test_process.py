"""Starting, failing to start, and the listeners of a real process."""

import shutil
import socket
from pathlib import Path

import httpx
import pytest

from bert_server.bundle.manifest import Precision
from bert_server.bundle.reading import open_bundle
from tests.server.conftest import StartServer
from tests.server.running import RunningServer

OWN_FAULTS = Path(__file__).parent / "faults"
FAULTS = Path(__file__).parents[2] / "examples/faults"
REQUEST = {"text": "床前明月光，疑是地[MASK]霜。"}


@pytest.fixture
def broken_bundle(good_bundle: Path, tmp_path: Path) -> Path:
    directory = tmp_path / "broken"
    shutil.copytree(good_bundle, directory)
    with (directory / Precision.INT8.weights_file).open("r+b") as stream:
        stream.truncate(1000)
    return directory


def test_a_model_that_cannot_be_loaded_is_told_everywhere_and_the_process_stays(
    start_server: StartServer, broken_bundle: Path
) -> None:
    server = start_server(broken_bundle, version="v1.4.0")
    entry = server.wait_for_log("the model cannot be loaded")
    ready = server.client.get("/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "failed")
    assert "model-int8.bin was changed or damaged" in ready.json()["reason"]
    assert "model-int8.bin was changed or damaged" in entry["message"]
    assert server.client.get("/health").status_code == 200
    assert server.client.post("/fill-mask", json=REQUEST).status_code == 503
    assert server.metrics()["bert_model_load_failures_total"] == 1
    assert server.is_running


def test_on_request_a_failed_load_ends_the_process(start_server: StartServer, broken_bundle: Path) -> None:
    status, _ = start_server(broken_bundle, load_failure_exit_seconds=0.1).wait()
    assert status == 1


def test_another_fingerprint_than_expected_never_becomes_ready(start_server: StartServer, good_bundle: Path) -> None:
    server = start_server(good_bundle, expected_fingerprint="sha256:" + "0" * 64)
    server.wait_for_log("the model cannot be loaded")
    reason = server.client.get("/ready").json()["reason"]
    assert open_bundle(good_bundle).fingerprint in reason


@pytest.mark.parametrize("setting", ["port", "metrics_port"])
def test_a_port_that_is_taken_is_named_and_ends_the_start(good_bundle: Path, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = RunningServer(good_bundle, **{setting: taken.getsockname()[1]})
        with pytest.raises(AssertionError, match="no log entry"), server:
            pytest.fail("it started")
        status, errors = server.wait()
    assert status == 2
    assert f"bert-server: {setting}: cannot listen on 127.0.0.1" in errors


def test_every_log_line_and_metric_carries_the_version(server: RunningServer) -> None:
    assert {entry["version"] for entry in server.logs} == {"v1.0.0"}
    lines = [line for line in httpx.get(server.metrics_url).text.splitlines() if not line.startswith("#")]
    assert all('version="v1.0.0"' in line for line in lines)
    assert not [line for line in lines if "_created" in line]


def test_answers_are_told_on_the_metrics_port_without_their_text(server: RunningServer) -> None:
    url = server.metrics_url.replace("/metrics", "/predictions")
    cursor = httpx.get(url, params={"after": "now"}).json()["cursor"]
    for _ in range(2):
        response = server.client.post("/fill-mask", json=REQUEST, headers={"x-request-id": "asked-once"})
        assert response.status_code == 200
    page = httpx.get(url, params={"after": cursor})
    first, again = page.json()["predictions"]
    assert first == again
    assert first[0] == "fill-mask"
    assert response.json()["result"][0]["token"] not in page.text
    assert "asked-once" not in page.text


def test_the_fault_of_the_demo_image_is_seen_by_the_servers_own_metrics(
    start_server: StartServer, good_bundle: Path
) -> None:
    environment = {"PYTHONPATH": str(FAULTS), "FAULT": "slow", "FAULT_DELAY_MS": "60"}
    server = start_server(good_bundle, middleware="bert_faults:fault", environment=environment).wait_until_ready()
    assert server.client.post("/fill-mask", json=REQUEST).status_code == 200
    metrics = server.metrics()
    assert metrics['bert_request_duration_seconds_sum{endpoint="/fill-mask"'] >= 0.06


def test_once_ready_a_full_garbage_collection_has_little_to_walk(start_server: StartServer, good_bundle: Path) -> None:
    environment = {"PYTHONPATH": str(OWN_FAULTS)}
    server = start_server(good_bundle, middleware="heap_telling:heap_telling", environment=environment)
    heap = server.wait_until_ready().client.get("/heap").json()
    assert heap["walked"] < heap["left"] / 4


def test_middleware_that_cannot_be_imported_ends_the_start(good_bundle: Path) -> None:
    server = RunningServer(good_bundle, middleware="no_such_module:x")
    with pytest.raises(AssertionError, match="no log entry"), server:
        pytest.fail("it started")
    status, errors = server.wait()
    assert status == 2
    assert "cannot import 'no_such_module:x'" in errors
