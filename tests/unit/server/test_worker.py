import asyncio
import math
import threading
from collections.abc import Iterator

import pytest

from bert_server.worker import QueueFullError, Worker


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(queue_size=2)
    yield worker
    worker.stop()


async def test_results_and_exceptions_reach_who_asked(worker: Worker) -> None:
    results = await asyncio.gather(worker.run(lambda: 1), worker.run(lambda: 1 // 0), return_exceptions=True)
    assert results[0] == 1
    assert isinstance(results[1], ZeroDivisionError)


async def test_work_never_runs_on_the_event_loop(worker: Worker) -> None:
    assert await worker.run(threading.get_ident) != threading.get_ident()


async def test_work_is_done_one_by_one_in_order(worker: Worker) -> None:
    done: list[int] = []
    await asyncio.gather(worker.run(lambda: done.append(1)), worker.run(lambda: done.append(2)))
    assert done == [1, 2]


async def test_a_full_queue_refuses_at_once_and_says_when_to_come_back(worker: Worker) -> None:
    gate = threading.Event()
    running = await _occupy(worker, gate)
    waiting = [asyncio.create_task(worker.run(lambda: None)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(QueueFullError) as caught:
        await worker.run(lambda: None)
    assert (caught.value.waiting, caught.value.retry_after_seconds) == (2, 1)
    gate.set()
    await asyncio.gather(running, *waiting)
    assert await worker.run(lambda: "room again") == "room again"


async def test_a_job_whose_client_went_away_is_not_done(worker: Worker) -> None:
    gate, done = threading.Event(), threading.Event()
    running = await _occupy(worker, gate)
    abandoned = asyncio.create_task(worker.run(done.set))
    await asyncio.sleep(0)
    abandoned.cancel()
    gate.set()
    await running
    await worker.run(lambda: None)
    assert not done.is_set()


async def test_a_running_job_shows_as_busy_and_an_idle_worker_does_not(worker: Worker) -> None:
    assert worker.busy_seconds() == 0
    busy_seconds = await worker.run(worker.busy_seconds)
    assert busy_seconds > 0


async def test_a_dead_worker_is_busy_for_ever(worker: Worker) -> None:
    worker.stop()
    await asyncio.to_thread(worker._thread.join)
    assert worker.busy_seconds() == math.inf


async def _occupy(worker: Worker, gate: threading.Event) -> asyncio.Task[bool]:
    """Keep the worker busy until the gate opens."""
    started = threading.Event()

    def wait() -> bool:
        started.set()
        return gate.wait()

    running = asyncio.create_task(worker.run(wait))
    await asyncio.to_thread(started.wait)
    return running
