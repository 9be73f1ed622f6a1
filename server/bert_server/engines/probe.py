"""`python -m bert_server.engines.probe`: tries and times ways to compute, in a process whose death harms nobody.

Reads one line of JSON from standard input, a ProbeOrder, and writes a Finding a line. What it is trying stands in
a line before it is tried: when the process dies, the last line says of what.
"""

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import msgspec
import numpy as np

from bert_server.bundle.manifest import Precision
from bert_server.engines.protocol import EncoderBatch

if TYPE_CHECKING:
    from bert_server.engines.openvino import FirstLayer

# As long as a sentence.
TOKENS: Final = 32
SECONDS_OF_ONE: Final = 0.1
MOST_RUNS: Final = 30


class Way(msgspec.Struct, frozen=True):
    """A way to compute an encoder."""

    precision: Precision
    threads: int


class ProbeOrder(msgspec.Struct, frozen=True):
    """`ways` are tried in their order, as long as less than `seconds` have passed. `graphs` are files."""

    graphs: dict[Precision, str]
    ways: tuple[Way, ...]
    seconds: float


class Finding(msgspec.Struct, frozen=True):
    """`layer_ms` is None while it is being tried: milliseconds that one layer takes for TOKENS tokens."""

    way: Way
    layer_ms: float | None = None
    error: str | None = None


def main() -> None:
    findings = take_stdout()
    # Imported while the parent still verifies the bundle: the order comes when that is done.
    from bert_server.engines.openvino import FirstLayer

    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=ProbeOrder)
    until = time.monotonic() + order.seconds
    for way in order.ways:
        if time.monotonic() > until:
            return
        _say(findings, Finding(way))
        try:
            layer = FirstLayer(Path(order.graphs[way.precision]), way.precision, threads=way.threads)
            _say(findings, Finding(way, layer_ms=1000 * min(_durations(layer))))
        except RuntimeError as error:
            _say(findings, Finding(way, error=str(error)))


def _durations(layer: "FirstLayer") -> Iterable[float]:
    """In seconds; the first inference compiles kernels and does not count."""
    ids = np.ones(TOKENS, dtype=np.int64)
    batch = EncoderBatch(ids, (TOKENS,), rows=np.array([0]), head_rows=np.array([0]))
    layer.infer(batch)
    until = time.monotonic() + SECONDS_OF_ONE
    for _ in range(MOST_RUNS):
        started = time.perf_counter()
        layer.infer(batch)
        yield time.perf_counter() - started
        if time.monotonic() > until:
            return


def take_stdout() -> IO[bytes]:
    """For the findings alone: what libraries print goes to standard error from now on."""
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return own


def _say(findings: IO[bytes], finding: Finding) -> None:
    findings.write(msgspec.json.encode(finding) + b"\n")
    findings.flush()


if __name__ == "__main__":
    main()
