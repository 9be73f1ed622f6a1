"""The processes that are measured: each on a port of its own, its output in a file under build/bench/logs/."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from benchmarks.memory import rss_mib
from benchmarks.report import OUTPUT
from bert_server.bench.messages import Target

LOGS: Final = OUTPUT / "logs"
HOST: Final = "127.0.0.1"
START_SECONDS: Final = 180.0
STOP_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.005


class NotReadyError(Exception):
    """A process ended, or took too long, before it was ready."""


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


class ServerProcess:
    """Context manager; ready at its entry. `cpus` pins it, so that it knows of no other cores."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        port: int,
        ready_path: str = "/ready",
        environment: Mapping[str, str] | None = None,
        cpus: frozenset[int] | None = None,
    ) -> None:
        self.name = name
        self.target = Target(HOST, port)
        self.start_to_ready_seconds = 0.0
        self._ready_path = ready_path
        self._command = [*(("taskset", "-c", ",".join(map(str, sorted(cpus)))) if cpus else ()), *command]
        self._environment = {**os.environ, **(environment or {})}
        self._log = LOGS / f"{name}.log"

    def __enter__(self) -> Self:
        LOGS.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            began = time.perf_counter()
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        try:
            self._wait_until_ready(began + START_SECONDS)
        except BaseException:
            self.stop()
            raise
        self.start_to_ready_seconds = time.perf_counter() - began
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def rss_mib(self) -> float:
        return rss_mib(self._process.pid)

    @property
    def exit_status(self) -> int | None:
        return self._process.poll()

    def signal_stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        return self._process.wait(STOP_SECONDS)

    def stop(self) -> None:
        if self._process.poll() is None:
            self.signal_stop()
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _wait_until_ready(self, deadline: float) -> None:
        while not self._answers_ready():
            if self._process.poll() is not None:
                raise NotReadyError(f"{self.name} ended with status {self._process.returncode}; see {self._log}")
            if time.perf_counter() > deadline:
                raise NotReadyError(f"{self.name} is not ready after {START_SECONDS:.0f} s; see {self._log}")
            time.sleep(POLL_SECONDS)

    def _answers_ready(self) -> bool:
        try:
            with socket.create_connection((HOST, self.target.port), timeout=5) as connection:
                connection.sendall(self.target.get(self._ready_path))
                status_line = connection.makefile("rb").readline().split()
        except OSError:
            return False
        return len(status_line) > 1 and int(status_line[1]) == HTTPStatus.OK


def our_server(
    *bundles: Path,
    name: str = "ours",
    cpus: frozenset[int] | None = None,
    port: int | None = None,
    **settings: object,
) -> ServerProcess:
    """`bert-server serve`, with its defaults but for the settings given; there is no proxy that it must drain for."""
    port = port or free_port()
    given = {
        "bundle": ",".join(map(str, bundles)),
        "host": HOST,
        "port": port,
        "metrics_port": 0,
        "drain_seconds": 0,
    } | settings
    return ServerProcess(
        name,
        [sys.executable, "-m", "bert_server", "serve"],
        port=port,
        environment={f"BERT_SERVER_{setting.upper()}": str(value) for setting, value in given.items()},
        cpus=cpus,
    )


def flask_baseline(checkpoint: Path) -> ServerProcess:
    port = free_port()
    module = [sys.executable, "-m", "benchmarks.server.flask_baseline"]
    return ServerProcess("baseline", [*module, "--checkpoint", str(checkpoint), "--port", str(port)], port=port)
