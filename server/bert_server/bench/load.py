"""Two ways to load a server: so many clients that each wait for their answer, or a rate that waits for nobody."""

import asyncio
import random
import time
from collections.abc import Iterable, Iterator
from itertools import accumulate, count, takewhile

from bert_server.bench.connection import Connections
from bert_server.bench.recording import Recording, Sample

LONGEST_WAIT_SECONDS = 60.0


async def closed_loop(
    connections: Connections, requests: Iterator[bytes], *, clients: int, seconds: float, warm_up_seconds: float = 0.0
) -> Recording:
    """Each client sends its next request as soon as it has the answer to the one before.

    Counts what is answered after the warm-up; requests that are under way at the end are awaited and not counted.
    """
    recording = Recording(seconds)
    began = time.perf_counter()
    count_from, end = began + warm_up_seconds, began + warm_up_seconds + seconds

    async def client() -> None:
        now = time.perf_counter()
        while now < end and (request := next(requests, None)) is not None:
            sent_at = now
            answer = await connections.ask(request)
            now = time.perf_counter()
            if count_from <= now < end:
                recording.samples.append(Sample(answer.status, now - began, now - sent_at))

    await asyncio.wait_for(asyncio.gather(*(client() for _ in range(clients))), LONGEST_WAIT_SECONDS + end - began)
    return recording


async def one_by_one(connections: Connections, requests: Iterable[bytes]) -> Recording:
    """A single client, as many requests as there are. Raises TimeoutError if an answer does not come at all."""
    recording = Recording(0.0)
    began = now = time.perf_counter()
    for request in requests:
        sent_at = now
        answer = await asyncio.wait_for(connections.ask(request), LONGEST_WAIT_SECONDS)
        now = time.perf_counter()
        recording.samples.append(Sample(answer.status, now - began, now - sent_at))
    recording.counted_seconds = now - began
    return recording


async def open_loop(connections: Connections, requests: Iterator[bytes], arrivals: Iterable[float]) -> Recording:
    """Each request is due at a moment that was fixed before, in seconds from the beginning.

    Latency counts from that moment, even if the generator or the server was late, so that a server that stalls
    cannot hide how many it would have kept waiting. Waits for every answer.
    """
    recording = Recording(0.0)
    began = time.perf_counter()

    async def exchange(request: bytes, due_at: float) -> None:
        answer = await connections.ask(request)
        done_at = time.perf_counter() - began
        recording.samples.append(Sample(answer.status, done_at, done_at - due_at))

    due_at = 0.0
    async with asyncio.timeout(None) as patience, asyncio.TaskGroup() as group:
        for due_at in arrivals:
            ahead = began + due_at - time.perf_counter()
            if ahead > 0:
                await asyncio.sleep(ahead)
            group.create_task(exchange(next(requests), due_at))
        patience.reschedule(asyncio.get_running_loop().time() + LONGEST_WAIT_SECONDS)
    recording.counted_seconds = due_at
    return recording


def poisson_arrivals(per_second: float, seconds: float, seed: object) -> Iterator[float]:
    """Moments as independent users make them."""
    dice = random.Random(repr(seed))  # noqa: S311  no secrets
    gaps = (dice.expovariate(per_second) for _ in count())
    return takewhile(lambda moment: moment < seconds, accumulate(gaps))


def steady_arrivals(per_second: float, seconds: float) -> Iterator[float]:
    """Moments as a probe makes them."""
    return (number / per_second for number in range(int(per_second * seconds)))
