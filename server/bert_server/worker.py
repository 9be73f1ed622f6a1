"""One thread that does all inference, fed by a bounded queue: the event loop never computes."""

import asyncio
import contextlib
import math
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar, cast

Result = TypeVar("Result")

# Share of the newest job in the running estimate of a job's duration.
SMOOTHING = 0.1


class QueueFullError(Exception):
    """As many jobs wait as may; by the estimate there is room after `retry_after_seconds`."""

    def __init__(self, waiting: int, retry_after_seconds: int) -> None:
        super().__init__(f"{waiting} requests are waiting already")
        self.waiting = waiting
        self.retry_after_seconds = retry_after_seconds


class _Job(NamedTuple):
    compute: Callable[[], object]
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[object]"


class Worker:
    """Runs jobs one after the other, in the order in which they came."""

    def __init__(self, queue_size: int) -> None:
        self._queue_size = queue_size
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._job_started: float | None = None
        self._job_seconds = 0.0
        self._thread = threading.Thread(target=self._work, name="inference", daemon=True)
        self._thread.start()

    async def run(self, compute: Callable[[], Result]) -> Result:
        """The job's result or exception. Raises QueueFullError at once if too many jobs wait."""
        waiting = self._jobs.qsize()
        if waiting >= self._queue_size:
            raise QueueFullError(waiting, max(1, math.ceil(waiting * self._job_seconds)))
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[object] = loop.create_future()
        self._jobs.put(_Job(compute, loop, answer))
        return cast(Result, await answer)

    def busy_seconds(self) -> float:
        """How long the job now running has taken so far; infinity if the thread is dead."""
        if not self._thread.is_alive():
            return math.inf
        started = self._job_started
        return 0.0 if started is None else time.monotonic() - started

    def stop(self, wait_seconds: float = 0.0) -> bool:
        """Let the thread end after the jobs that wait; True if it has ended within that time."""
        self._jobs.put(None)
        self._thread.join(wait_seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.answer.cancelled():
                continue  # the client went away: no work for nobody
            deliver = self._timed(job)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for the answer
                job.loop.call_soon_threadsafe(_unless_cancelled, job.answer, deliver)

    def _timed(self, job: _Job) -> Callable[[], None]:
        """Run the job; returns what hands its outcome to the waiting coroutine."""
        started = self._job_started = time.monotonic()
        try:
            deliver = partial(job.answer.set_result, job.compute())
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to who asked
            deliver = partial(job.answer.set_exception, error)
        self._job_seconds += SMOOTHING * (time.monotonic() - started - self._job_seconds)
        self._job_started = None
        return deliver


def _unless_cancelled(answer: "asyncio.Future[object]", deliver: Callable[[], None]) -> None:
    if not answer.cancelled():
        deliver()
