"""The same few hundred requests again and again, with the server on one core and the generator on another."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from benchmarks.server.over_http import CLIENTS, PATIENCE_SECONDS, SEEDS, with_deadline
from benchmarks.server.processes import our_server
from bert_server.bench.connection import Connections
from bert_server.bench.load import closed_loop
from bert_server.bench.messages import Target
from bert_server.bench.recording import percentile
from bert_server.bench.texts import Lengths
from bert_server.bench.usage import own_cpu_share, run_load
from bert_server.bench.workload import Workload

DISTINCT_REQUESTS: Final = 300
FIRST_PASS_SECONDS: Final = 60.0  # at most; it ends with the requests


def measure_cached(bundle: Path, cache_dir: Path, seconds: float) -> dict[str, float]:
    """Answers per second, their 99th percentile, and the generator's share of its core."""
    cpus = sorted(os.sched_getaffinity(0))
    pinned = our_server(bundle, name="cached", cpus=frozenset({cpus[-1]}), cache_dir=cache_dir)
    with pinned as server, _on_cpu(cpus[0]):
        return run_load(_load(server.target, seconds))


async def _load(target: Target, seconds: float) -> dict[str, float]:
    patient = with_deadline(target, PATIENCE_SECONDS)
    requests = list(islice(Workload.FILL_MASK.requests(patient, Lengths(), next(SEEDS)), DISTINCT_REQUESTS))
    async with Connections(target) as connections:
        await closed_loop(connections, iter(requests), clients=CLIENTS, seconds=FIRST_PASS_SECONDS)
        with own_cpu_share() as share:
            recording = await closed_loop(connections, cycle(requests), clients=CLIENTS, seconds=seconds)
    latencies = recording.latencies_ms()
    return {
        "rps": recording.answers_per_second(),
        "p99_ms": percentile(latencies, 0.99),
        "failed_requests": len(recording.samples) - len(latencies),
        "generator_cores": share.cores,
    }


@contextmanager
def _on_cpu(cpu: int) -> Generator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
