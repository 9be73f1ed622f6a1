"""A real OpenTelemetry collector, built once from pinned Go modules into the cache."""

import hashlib
import json
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from devcluster.commands import run
from devcluster.gotoolchain import find_go
from devcluster.locks import exclusive
from devcluster.paths import cache_dir

SOURCE = Path(__file__).parent / "collector"
BUILD_ENVIRONMENT = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"}
START_SECONDS = 60


def collector_program() -> Path:
    """Takes most of a minute when the cache has none yet."""
    digest = hashlib.sha256()
    for file in sorted(SOURCE.iterdir()):
        digest.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
    directory = cache_dir() / "programs" / "collector"
    program = directory / digest.hexdigest()[:16] / "otelcol"
    with exclusive(directory):
        if not program.exists():
            go = find_go(cache_dir())
            with tempfile.TemporaryDirectory(dir=directory) as draft:
                built = Path(draft) / program.name
                options = ["-trimpath", "-buildvcs=false", "-ldflags", "-s -w"]
                run(["nice", go, "build", *options, "-o", built, "."], cwd=SOURCE, env=BUILD_ENVIRONMENT)
                program.parent.mkdir(exist_ok=True)
                built.rename(program)
    return program


class OtelCollector:
    """Context manager; what it received is printed to `output`."""

    def __init__(self, directory: Path) -> None:
        self._output_file = directory / "output"
        self._config_file = directory / "config.yaml"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.endpoint = f"http://{self._address}"

    def __enter__(self) -> Self:
        pipeline = {"receivers": ["otlp"], "exporters": ["debug"]}
        config = {
            "receivers": {"otlp": {"protocols": {"http": {"endpoint": self._address}}}},
            "exporters": {"debug": {"verbosity": "detailed"}},
            "service": {"telemetry": {"metrics": {"level": "none"}}, "pipelines": {"traces": pipeline}},
        }
        self._config_file.write_text(json.dumps(config))  # JSON is YAML
        program = collector_program()
        with self._output_file.open("wb") as output:
            command = [str(program), "--config", f"file:{self._config_file}"]
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        self.wait_for("Everything is ready")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def wait_for(self, text: str) -> str:
        """The output, once it holds the text."""
        deadline = time.monotonic() + START_SECONDS
        while text not in (output := self._output_file.read_text()):
            assert self._process.poll() is None, output
            assert time.monotonic() < deadline, output
            time.sleep(0.05)
        return output
