"""What can be measured of any of the servers, with the same generator and the same kinds of texts."""

from dataclasses import replace
from itertools import count, islice
from typing import Final

from bert_server.bench.connection import Connections
from bert_server.bench.load import closed_loop, one_by_one
from bert_server.bench.messages import Target
from bert_server.bench.recording import percentile
from bert_server.bench.texts import Lengths
from bert_server.bench.workload import Workload

CLIENTS: Final = 32
WARM_UP_REQUESTS: Final = 2
PATIENCE_SECONDS: Final = 30.0
# More than any server here can answer; made before the clock starts.
PREPARED_PER_SECOND: Final = 600
LEAST_ANSWERED: Final = 0.99
# No text may come twice, else a cache answers.
SEEDS: Final = count()


class RequestsFailedError(Exception):
    """A server answered too often something other than 200, so its figures say nothing."""


async def latency_ms(target: Target, tokens: int, requests: int) -> float:
    """Median of a single client that asks fill-mask, one request after another."""
    source = Workload.FILL_MASK.requests(target, Lengths(tokens, tokens), next(SEEDS))
    async with Connections(target) as connections:
        await one_by_one(connections, islice(source, WARM_UP_REQUESTS))
        recording = await one_by_one(connections, list(islice(source, requests)))
    latencies = recording.latencies_ms()
    _require_answers(target, len(latencies), len(recording.samples))
    return percentile(latencies, 0.5)


async def throughput(
    target: Target, workload: Workload, *, seconds: float, warm_up_seconds: float, path: str | None = None
) -> float:
    """Answers per second with 32 clients and mixed lengths, who have all the time in the world."""
    source = workload.requests(with_deadline(target, PATIENCE_SECONDS), Lengths(), next(SEEDS), path=path)
    prepared = list(islice(source, round(PREPARED_PER_SECOND * (seconds + warm_up_seconds))))
    async with Connections(target) as connections:
        recording = await closed_loop(
            connections, iter(prepared), clients=CLIENTS, seconds=seconds, warm_up_seconds=warm_up_seconds
        )
    _require_answers(target, len(recording.latencies_ms()), len(recording.samples))
    return recording.answers_per_second()


def with_deadline(target: Target, seconds: float) -> Target:
    """Each request says how long its answer may take; servers that do not know of that do not mind."""
    return replace(target, headers={"x-request-deadline-ms": str(round(1000 * seconds))})


def _require_answers(target: Target, answered: int, sent: int) -> None:
    if answered < LEAST_ANSWERED * max(sent, 1):
        raise RequestsFailedError(f"only {answered} of {sent} requests to port {target.port} were answered with 200")
