"""`python -m benchmarks.server`: the server against the obvious service, its own engine, and another server.

The model has bert-base-chinese's shape. Baseline, engine and server are measured in turns, several times, with the
same load generator on the same cores; a figure is the median of its rounds. Texts are random characters, their
lengths spread over 8 to 128 tokens, the logarithm evenly; no text comes twice except in the cached workload.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks.bars import bars_table
from benchmarks.report import write_report
from benchmarks.server.bars import bars
from benchmarks.server.bundle import packaged
from benchmarks.server.cached import measure_cached
from benchmarks.server.ceiling import measure_ceiling
from benchmarks.server.engine_alone import EngineAlone
from benchmarks.server.figures import figures_of
from benchmarks.server.measurements import Measurements, output_file
from benchmarks.server.over_http import RequestsFailedError, latency_ms, throughput
from benchmarks.server.overload import Durations, measure_overload
from benchmarks.server.peers import PEERS
from benchmarks.server.plot import TOKENS, draw
from benchmarks.server.processes import NotReadyError, ServerProcess, flask_baseline, our_server
from bert_server.bench.usage import run_load
from bert_server.bench.workload import Workload


@dataclass(frozen=True)
class Plan:
    """How long everything takes."""

    rounds: int
    starts: int
    latency_requests: int
    throughput_seconds: float
    overload: Durations
    cached_seconds: float
    peer_rounds: int


FULL: Final = Plan(3, 5, 40, 8.0, Durations(8.0, 12.0), 8.0, 3)
QUICK: Final = Plan(1, 1, 10, 3.0, Durations(3.0, 4.0), 3.0, 1)


class Benchmark:
    """Everything that is measured, in its order; `measured` collects the figures."""

    def __init__(self, checkpoint: Path, bundle: Path, cache_dir: Path, plan: Plan, console: Console) -> None:
        self._checkpoint = checkpoint
        self._bundle = bundle
        self._cache_dir = cache_dir
        self._plan = plan
        self._console = console
        self.measured = Measurements()
        self.engine: object = None

    def run(self, parts: Sequence[str]) -> list[str]:
        """Returns the parts that failed; what was measured of them and of the others stays."""
        measures = {
            "start": self._start,
            "compare": self._compare,
            "overload": self._overload,
            "peers": self._peers,
            "cached": self._cached,
            "ceiling": self._ceiling,
        }
        failed = []
        for part in parts:
            try:
                measures[part]()
            except (NotReadyError, RequestsFailedError, TimeoutError, subprocess.CalledProcessError) as error:
                self._console.print(f"[bold red]{part}: {type(error).__name__}: {error}")
                failed.append(part)
        return failed

    def _start(self) -> None:
        """The server's very first start measures what suits the machine best; later ones remember."""
        self._say("from start to ready")
        with tempfile.TemporaryDirectory() as nothing_yet, our_server(self._bundle, cache_dir=nothing_yet) as server:
            self.measured.add("start_to_ready_s.ours_first", server.start_to_ready_seconds)
        for _ in range(self._plan.starts):
            for name, starting in (("baseline", flask_baseline(self._checkpoint)), ("ours", self._ours())):
                with starting as server:
                    self.measured.add(f"start_to_ready_s.{name}", server.start_to_ready_seconds)

    def _compare(self) -> None:
        with ExitStack() as stack:
            baseline = stack.enter_context(flask_baseline(self._checkpoint))
            engine = stack.enter_context(EngineAlone(self._bundle, self._cache_dir))
            ours = stack.enter_context(self._ours())
            self.engine = engine.description
            for number in range(self._plan.rounds):
                self._say(f"baseline, engine and server in turns, round {number + 1} of {self._plan.rounds}")
                self._round(baseline, engine, ours)
            for server in (baseline, ours):
                self.measured.add(f"rss_mib.{server.name}", server.rss_mib)

    def _round(self, baseline: ServerProcess, engine: EngineAlone, ours: ServerProcess) -> None:
        plan, add = self._plan, self.measured.add
        for tokens in TOKENS:
            add(f"latency_ms.tokens_{tokens}.engine", engine.latency_ms(tokens, plan.latency_requests))
            for server in (baseline, ours):
                found = run_load(latency_ms(server.target, tokens, plan.latency_requests))
                add(f"latency_ms.tokens_{tokens}.{server.name}", found)
        for size, rate in engine.throughput(plan.throughput_seconds).items():
            add(f"engine.batch_{size}_rps", rate)
        for server in (ours, baseline):
            add(f"throughput_rps.{server.name}", self._throughput(server, Workload.FILL_MASK))

    def _overload(self) -> None:
        self._say("overload")
        with self._ours() as server:
            run_load(measure_overload(server.target, self._plan.overload, self.measured))
            self.measured.add("rss_mib.ours_after_overload", server.rss_mib)

    def _peers(self) -> None:
        for peer in PEERS:
            self._say(f"embeddings: {peer.name}")
            with peer.start(self._checkpoint) as other, self._ours() as ours:
                for _ in range(self._plan.peer_rounds):
                    rate = self._throughput(other, Workload.EMBEDDINGS, peer.path)
                    self.measured.add(f"peer.{peer.name}.embeddings_rps", rate)
                    self.measured.add("ours.embeddings_rps", self._throughput(ours, Workload.EMBEDDINGS))

    def _cached(self) -> None:
        self._say("cached workload")
        self.measured.add_all("cached", measure_cached(self._bundle, self._cache_dir, self._plan.cached_seconds))

    def _ceiling(self) -> None:
        self._say("int8 matrix products alone")
        measure_ceiling(self.measured, TOKENS)

    def _throughput(self, server: ServerProcess, workload: Workload, path: str | None = None) -> float:
        seconds = self._plan.throughput_seconds
        return run_load(throughput(server.target, workload, seconds=seconds, warm_up_seconds=2, path=path))

    def _ours(self) -> ServerProcess:
        return our_server(self._bundle, cache_dir=self._cache_dir)

    def _say(self, what: str) -> None:
        self._console.print(f"[dim]{what} …")


PARTS: Final = ("start", "compare", "overload", "peers", "cached", "ceiling")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short round: whether it works, not how fast")
    parser.add_argument("--checkpoint", type=Path, help="directory of real weights, instead of random ones")
    parser.add_argument("--texts", type=Path, help="texts to compare int8 with fp32 on, for real weights")
    parser.add_argument(
        "--part", action="append", choices=PARTS, help="only this part, reported as server-part; may be given again"
    )
    arguments = parser.parse_args()
    console = Console()
    plan = QUICK if arguments.quick else FULL
    model = packaged(arguments.checkpoint, arguments.texts, console)
    with tempfile.TemporaryDirectory(prefix="bench-server-") as cache_dir:
        benchmark = Benchmark(model.checkpoint, model.bundle, Path(cache_dir), plan, console)
        failed = benchmark.run(arguments.part or PARTS)
    figures = figures_of(benchmark.measured)
    settings = {"model": model.describe(), "engine": benchmark.engine, **asdict(plan)}
    name = "server-part" if arguments.part else "server"
    write_report(name, settings=settings, figures=figures, console=console)
    console.print(bars_table(bars(figures)))
    picture = output_file(f"{name}.png")
    draw(figures, picture)
    console.print(f"drawn to {picture}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
