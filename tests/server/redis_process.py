"""A real Redis on a free port of the loopback address."""

import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

START_SECONDS = 20


class RedisProcess:
    """Context manager; it can be stopped, killed and started again on the same port."""

    def __init__(self, directory: Path, *, password: str = "") -> None:
        self._directory = directory
        self._password = password
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://{f':{password}@' if password else ''}127.0.0.1:{self.port}/0"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._directory)]
        if self._password:
            options += ["--requirepass", self._password]
        self.process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                assert self.process.poll() is None, "redis-server ended"
                assert time.monotonic() < deadline, "redis-server does not listen"
                time.sleep(0.01)
            else:
                return

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
