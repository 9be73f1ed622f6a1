"""More requests than the server can answer: how many it still answers in time, and how fast it refuses the others."""

import asyncio
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Final

from benchmarks.server.measurements import Measurements
from benchmarks.server.over_http import SEEDS, throughput, with_deadline
from bert_server.bench.connection import Connections
from bert_server.bench.load import open_loop, poisson_arrivals, steady_arrivals
from bert_server.bench.messages import Target
from bert_server.bench.recording import Recording, is_failure, is_lost, is_refusal, percentile
from bert_server.bench.texts import Lengths
from bert_server.bench.usage import own_cpu_share
from bert_server.bench.workload import Workload

FACTORS: Final = {"0_5x": 0.5, "1x": 1.0, "2x": 2.0, "4x": 4.0}
DEADLINE_SECONDS: Final = 1.0
PROBES_PER_SECOND: Final = 20.0


@dataclass(frozen=True)
class Durations:
    """Of one load; `capacity_seconds` of the closed loop that finds the capacity before it."""

    capacity_seconds: float
    overload_seconds: float


async def measure_overload(target: Target, durations: Durations, found: Measurements) -> None:
    """Each load directly follows a measurement of the capacity, so that both see the same machine."""
    hurried = with_deadline(target, DEADLINE_SECONDS)
    for name, factor in FACTORS.items():
        capacity = await throughput(target, Workload.FILL_MASK, seconds=durations.capacity_seconds, warm_up_seconds=1)
        found.add("capacity_rps", capacity)
        with own_cpu_share() as share:
            load, probes = await _load(hurried, factor * capacity, durations.overload_seconds)
        found.add_all(f"overload_{name}", _figures(load, probes, capacity))
        found.add(f"overload_{name}.generator_cores", share.cores)


async def _load(target: Target, per_second: float, seconds: float) -> tuple[Recording, Recording]:
    """What became of requests and probes after the first deadline has passed: from then on the queue is as it stays."""
    arrivals = list(poisson_arrivals(per_second, seconds, next(SEEDS)))
    requests = list(islice(Workload.FILL_MASK.requests(target, Lengths(), next(SEEDS)), len(arrivals)))
    probes = cycle([target.get("/health"), target.get("/ready")])
    async with Connections(target) as connections, Connections(target) as probing:
        recordings = await asyncio.gather(
            open_loop(connections, iter(requests), arrivals),
            open_loop(probing, probes, steady_arrivals(PROBES_PER_SECOND, seconds)),
        )
    load, health = (recording.between(DEADLINE_SECONDS, seconds) for recording in recordings)
    return load, health


def _figures(load: Recording, probes: Recording, capacity: float) -> dict[str, float]:
    goodput = load.answers_per_second(DEADLINE_SECONDS)
    refusals = load.latencies_ms(is_refusal)
    latencies = {"admitted": load.latencies_ms(), "refusal": refusals, "health": probes.latencies_ms()}
    return {
        "goodput_rps": goodput,
        "goodput_ratio": goodput / capacity,
        "refused_share": len(refusals) / len(load.samples),
        "failed_requests": load.count(is_failure) + load.count(is_lost),
        "failed_probes": len(probes.samples) - len(latencies["health"]),
        **{f"{name}_p99_ms": percentile(values, 0.99) for name, values in latencies.items() if values},
    }
