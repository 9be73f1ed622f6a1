"""A server as a process of its own, on free ports of the loopback address."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

START_SECONDS = 60


class RunningServer:
    """Context manager; settings are given by name and reach the server as environment variables."""

    def __init__(self, bundle: Path, *, environment: Mapping[str, str] | None = None, **settings: object) -> None:
        given = {"bundle": bundle, "host": "127.0.0.1", "port": 0, "metrics_port": 0, "drain_seconds": 0} | settings
        variables = {f"BERT_SERVER_{name.upper()}": str(value) for name, value in given.items()}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bert_server", "serve"],
            env={**os.environ, **variables, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.logs: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read_logs)
        self.client = httpx.Client()

    def __enter__(self) -> Self:
        self._reader.start()
        listening = self.wait_for_log("listening on")
        self.port, self.metrics_port = listening["port"], listening["metrics_port"]
        self.url, self.metrics_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.metrics_port}/metrics"
        self.client.base_url = self.url
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        if self._process.poll() is None:
            self._process.kill()
        self.wait()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_for_log(self, beginning: str) -> dict[str, Any]:
        """The first log entry whose message begins so."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for entry in list(self.logs):
                if entry["message"].startswith(beginning):
                    return entry
            if not self._reader.is_alive():
                break
            time.sleep(0.01)
        raise AssertionError(f"no log entry {beginning!r}; status {self._process.poll()}, logs {self.logs}")

    def wait_until_ready(self) -> Self:
        self.wait_for_log("ready:")
        return self

    def fill_mask(self, text: str, top_k: int = 5) -> Any:
        """The `result` of a request that must succeed."""
        response = self.client.post("/fill-mask", json={"text": text, "top_k": top_k})
        assert response.status_code == 200, response.text
        return response.json()["result"]

    def metrics(self) -> dict[str, float]:
        """Values by series, without the version label."""
        lines = httpx.get(self.metrics_url).text.splitlines()
        pairs = [line.rpartition(" ") for line in lines if not line.startswith("#")]
        return {series.partition('version="')[0].rstrip(",{"): float(value) for series, _, value in pairs}

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        self._process.send_signal(number)

    def wait(self) -> tuple[int, str]:
        """Exit status and what was written to stderr."""
        assert self._process.stderr is not None
        status = self._process.wait(START_SECONDS)
        self._reader.join()
        errors = "" if self._process.stderr.closed else self._process.stderr.read()
        self._process.stderr.close()
        return status, errors

    def _read_logs(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                self.logs.append(json.loads(line))
