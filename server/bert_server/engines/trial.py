"""The parent's side of the probe: what it found, and what killed it."""

import contextlib
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final, cast

import msgspec

from bert_server.bundle.manifest import Precision
from bert_server.engines.probe import Finding, ProbeOrder, Way

logger = logging.getLogger(__name__)

PROBE_COMMAND: Final = (sys.executable, "-m", "bert_server.engines.probe")
# All ways together; what is not tried by then is not tried.
MEASURING_SECONDS: Final = 1.5
# A probe that has not ended by then, imports included, hangs.
PROBE_SECONDS: Final = 30.0


class Trial:
    """Tries ways to compute in processes of their own; the first one starts at once, and imports meanwhile."""

    def __init__(self, command: Sequence[str] = PROBE_COMMAND) -> None:
        self._command = command
        self._process = self._start()

    @property
    def process_id(self) -> int:
        return self._process.pid

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._process.kill()
        self._process.wait()

    def findings(self, graphs: dict[Precision, Path], ways: Sequence[Way]) -> list[Finding]:
        """How fast each way is, the fastest first; ways that kill a process, fail or take too long are left out.

        `graphs` are the files of the precisions in `ways`.
        """
        files = {precision: str(file) for precision, file in graphs.items()}
        found: dict[Way, Finding] = {}
        left = tuple(ways)
        while left:
            tried = list(self._ask(ProbeOrder(files, left, MEASURING_SECONDS)))
            found.update({finding.way: finding for finding in tried if finding.layer_ms is not None})
            fatal = self._reason_of_death()
            if fatal is None:
                break
            last = tried[-1].way if tried else left[0]
            logger.warning("%s %s: it is not used on this machine", describe_way(last), fatal)
            # Whatever the number of threads, it is the same code.
            left = tuple(way for way in left if way.precision != last.precision and way not in found)
            found = {way: finding for way, finding in found.items() if way.precision != last.precision}
            if left:
                self._process = self._start()
        return sorted(found.values(), key=lambda finding: finding.layer_ms or 0.0)

    def _start(self) -> "subprocess.Popen[bytes]":
        # No core file for a death that is expected, and the terminal's Ctrl-C is the parent's to handle.
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _ask(self, order: ProbeOrder) -> Iterator[Finding]:
        """The probe's findings until it ends, one way or another."""
        stdin, stdout = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        overdue = threading.Timer(PROBE_SECONDS, self._process.kill)
        overdue.daemon = True
        overdue.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                stdin.write(msgspec.json.encode(order) + b"\n")
                stdin.flush()
            for line in stdout:
                try:
                    finding = msgspec.json.decode(line, type=Finding)
                except (msgspec.DecodeError, UnicodeError):
                    continue  # a library has printed something
                if finding.error is not None:
                    logger.warning("%s cannot be used on this machine: %s", describe_way(finding.way), finding.error)
                yield finding
        finally:
            overdue.cancel()

    def _reason_of_death(self) -> str | None:
        """None if it ended in good order."""
        status = self._process.wait()
        self.close()
        if status == 0:
            return None
        if status < 0:
            return f"ends a process with {signal.Signals(-status).name}"
        return f"ends a process with status {status}"


def describe_way(way: Way) -> str:
    threads = "1 thread" if way.threads == 1 else f"{way.threads} threads"
    return f"{way.precision} with {threads}"
