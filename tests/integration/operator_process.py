"""The operator as a process of its own, as in production."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from devcluster import Cluster

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0

Result = TypeVar("Result")


def eventually(probe: Callable[[], Result], what: str, seconds: float = 30.0) -> Result:
    """The first true result of `probe`; fails the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = probe()
        if result:
            return result
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:g} s: {what}")


class OperatorProcess:
    """One operator that serves one namespace and keeps its Lease there."""

    def __init__(self, cluster: Cluster, namespace: str, identity: str, log: Path) -> None:
        self.identity = identity
        self.log = log
        self.port = _free_port()
        arguments = ["--namespace", namespace, "--lease-namespace", namespace, "--identity", identity]
        command = [sys.executable, "-c", "from bertrelease_operator.runtime.main import main; main()", *arguments]
        with log.open("ab") as stderr:
            self._process = subprocess.Popen(
                [*command, "--address", "127.0.0.1", "--port", str(self.port)],
                env={**os.environ, "KUBECONFIG": str(cluster.kubeconfig)},
                stderr=stderr,
            )

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_until_ready(self) -> None:
        eventually(lambda: self.get("/readyz") == 200, f"{self.identity} is ready, see {self.log}", _START_SECONDS)

    def get(self, path: str) -> int:
        """HTTP status; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def metric(self, name: str, **labels: str) -> float:
        """Sum over the series of metric `name` with these labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=2) as response:
            lines = response.read().decode().splitlines()
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(
            float(line.rpartition(" ")[2])
            for line in lines
            if line.split("{")[0].split(" ")[0] == name and all(label in line for label in wanted)
        )

    def terminate(self) -> int:
        """SIGTERM; the exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait(_STOP_SECONDS)

    def stop_scheduling(self) -> None:
        """SIGSTOP: the process stands still, as on a frozen machine."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def running_operator(
    cluster: Cluster, namespace: str, log_dir: Path, identity: str = "operator-1"
) -> Iterator[OperatorProcess]:
    """Ready, and killed at the end whatever happened."""
    operator = OperatorProcess(cluster, namespace, identity, log_dir / f"{identity}.log")
    try:
        operator.wait_until_ready()
        yield operator
    finally:
        operator.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
