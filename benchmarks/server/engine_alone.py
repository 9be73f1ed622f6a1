"""The engine's process (see engine_process.py) as its owner sees it."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.server.processes import LOGS, NotReadyError


class EngineAlone:
    """Context manager around the process."""

    def __init__(self, bundle: Path, cache_dir: Path) -> None:
        module = [sys.executable, "-m", "benchmarks.server.engine_process"]
        self._command = [*module, "--bundle", str(bundle), "--cache-dir", str(cache_dir)]

    def __enter__(self) -> Self:
        LOGS.mkdir(parents=True, exist_ok=True)
        with (LOGS / "engine.log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self.description = self._answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def latency_ms(self, tokens: int, count: int) -> float:
        """Median of single texts."""
        return float(self._obey(measure="latency", tokens=tokens, count=count))

    def throughput(self, seconds: float) -> dict[int, float]:
        """Texts per second by batch size, mixed lengths; `seconds` for all sizes together."""
        return {int(size): float(rate) for size, rate in self._obey(measure="throughput", seconds=seconds).items()}

    def _obey(self, **order: object) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NotReadyError(f"the engine's process ended; see {LOGS / 'engine.log'}")
        return json.loads(line)
