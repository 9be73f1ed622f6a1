"""An engine that hangs or dies shows in the probes, and in nothing else: the event loop goes on answering."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.server.conftest import StartServer
from tests.server.running import RunningServer

FAULTS = Path(__file__).parent / "faults"
BODY = {"text": "床前明月光，疑是地[MASK]霜。"}
OTHER = {"text": "举头望[MASK]月，低头思故乡。"}
PATIENCE_SECONDS = 20


@pytest.mark.parametrize("fault", ["hang", "die"])
def test_a_broken_engine_fails_readiness_and_then_liveness(
    start_server: StartServer, good_bundle: Path, tmp_path: Path, fault: str
) -> None:
    file = tmp_path / "fault"
    environment = {"PYTHONPATH": str(FAULTS), "FAULT_FILE": str(file)}
    server = start_server(
        good_bundle,
        middleware="engine_faults:breakable_engine",
        environment=environment,
        stall_seconds=1,
        deadline_seconds=0.5,
        golden_interval_seconds=0,
        cache_mib=0,
    ).wait_until_ready()
    assert (_status(server, "/ready"), _status(server, "/health")) == (200, 200)
    file.write_text(fault)
    with ThreadPoolExecutor(1) as pool:
        broken = pool.submit(httpx.post, f"{server.url}/fill-mask", json=BODY, timeout=PATIENCE_SECONDS)
        _wait_for(server, "/ready", 503)
        # Whoever asks now is refused instead of kept waiting, and so is the first one: late, or at once if a step of
        # the warm-up has met the fault before it.
        assert httpx.post(f"{server.url}/fill-mask", json=OTHER, timeout=PATIENCE_SECONDS).status_code in {429, 503}
        assert broken.result().status_code in {429, 503}
        _wait_for(server, "/health", 503)


def _status(server: RunningServer, path: str) -> int:
    return httpx.get(server.url + path).status_code


def _wait_for(server: RunningServer, path: str, status: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _status(server, path) != status:
        assert time.monotonic() < deadline, f"{path} never became {status}"
        time.sleep(0.02)
