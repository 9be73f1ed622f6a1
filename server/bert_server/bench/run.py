"""`bert-server bench`: load a server that runs somewhere, and say how it did."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec

from bert_server.bench.connection import LOST_STATUS, Answer, Connections
from bert_server.bench.load import LONGEST_WAIT_SECONDS, closed_loop, open_loop, poisson_arrivals
from bert_server.bench.messages import BenchError, Target
from bert_server.bench.recording import Recording
from bert_server.bench.texts import SHORTEST_TOKENS, Lengths
from bert_server.bench.usage import own_cpu_share, run_load
from bert_server.bench.workload import MODEL_NAME, Workload


@dataclass(frozen=True)
class BenchOptions:
    """`rate_per_second` sends that many, whatever comes back; without it `clients` wait for their answers.

    `headers` go with each request: an API key, a deadline. `model` is whose embeddings are asked for.
    """

    url: str
    workload: Workload = Workload.FILL_MASK
    model: str = MODEL_NAME
    clients: int = 32
    rate_per_second: float | None = None
    seconds: float = 10.0
    warm_up_seconds: float = 1.0
    lengths: Lengths = field(default_factory=Lengths)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BenchReport:
    """`recording` leaves the warm-up out; `generator_cores` is the CPU that the load generator took, in cores."""

    options: BenchOptions
    recording: Recording
    generator_cores: float


def run_bench(options: BenchOptions) -> BenchReport:
    """Blocks for the time that the options say. Texts differ from run to run, so no cache answers for the model.

    Raises BenchError if there is no server at the address, or it does not answer such requests.
    """
    _require_sense(options)
    return run_load(_run(options, seed=time.time_ns()))


async def _run(options: BenchOptions, seed: int) -> BenchReport:
    target = Target.of_url(options.url, options.headers)
    requests = options.workload.requests(target, options.lengths, seed, model=options.model)
    async with Connections(target) as connections:
        _require_success(options, await _first_answer(options, connections, next(requests)))
        with own_cpu_share() as share:
            if options.rate_per_second is None:
                recording = await closed_loop(
                    connections,
                    requests,
                    clients=options.clients,
                    seconds=options.seconds,
                    warm_up_seconds=options.warm_up_seconds,
                )
            else:
                end = options.warm_up_seconds + options.seconds
                arrivals = poisson_arrivals(options.rate_per_second, end, seed)
                recording = (await open_loop(connections, requests, arrivals)).between(options.warm_up_seconds, end)
    return BenchReport(options, recording, share.cores)


async def _first_answer(options: BenchOptions, connections: Connections, request: bytes) -> Answer:
    try:
        return await asyncio.wait_for(connections.ask(request), LONGEST_WAIT_SECONDS)
    except TimeoutError as error:
        raise BenchError(
            f"{options.url} took the request and did not answer for {LONGEST_WAIT_SECONDS:g} s; check that it is one"
        ) from error


def _require_sense(options: BenchOptions) -> None:
    lengths = options.lengths
    if not SHORTEST_TOKENS <= lengths.shortest <= lengths.longest:
        raise BenchError(
            f"lengths from {lengths.shortest} to {lengths.longest} tokens make no sense; the shorter comes first, "
            f"and a text has at least {SHORTEST_TOKENS}"
        )
    if options.clients < 1 or options.seconds <= 0 or (options.rate_per_second or 1) <= 0:
        raise BenchError("there must be at least one client, and seconds and rate must be above 0")


def _require_success(options: BenchOptions, answer: Answer) -> None:
    if answer.status == HTTPStatus.OK:
        return
    if answer.status == LOST_STATUS:
        raise BenchError(f"nothing answers at {options.url}; start a server, or check the address")
    raise BenchError(f"{options.url} answers {options.workload} with {answer.status}: {_detail(answer.body)}")


def _detail(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body)["detail"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return body[:200].decode(errors="replace")
