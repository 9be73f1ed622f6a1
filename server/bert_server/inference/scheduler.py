"""All inference of the process: one backlog, one thread, and answers that find their way back."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import TypeVar, cast

from bert_server.inference.admission import Schedule
from bert_server.inference.backlog import Backlog, Batch
from bert_server.inference.contract import (
    BatchRecord,
    EngineError,
    InferenceObserver,
    JobAnswer,
    RefusalReason,
    RefusedError,
    Runner,
)
from bert_server.inference.cost import Line
from bert_server.inference.execution import Outcome, execute
from bert_server.inference.jobs import Job
from bert_server.inference.priming import prime
from bert_server.inference.requests import Request, Waiting
from bert_server.inference.thread import InferenceThread

Result = TypeVar("Result")

# When to try again elsewhere, or here after a restart.
RESTART_SECONDS = 1.0


class Scheduler:
    """An `Inference` for all models. Create, use and stop it on the event loop's thread."""

    def __init__(
        self,
        queue_size: int,
        max_batch_tokens: int,
        observer: InferenceObserver,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._observer = observer
        self._clock = clock
        self._runners: dict[str, Runner] = {}
        self._backlog = Backlog(queue_size, max_batch_tokens)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        self._thread = InferenceThread(self, clock)
        self._thread.start()

    def register(self, model: str, runner: Runner) -> None:
        """From now on, jobs for the model are the runner's."""
        self._runners[model] = runner

    async def prime(self, model: str, batches: Sequence[Sequence[Job]]) -> None:
        """Learn what the registered model costs before anybody asks for it, by running these batches."""
        await self.run(partial(prime, self._backlog.costs, self._runners[model], batches, self._clock))

    async def compute(self, jobs: Sequence[Job], deadline: float) -> list[JobAnswer]:
        """As `Inference.compute` says."""
        if not jobs:
            return []
        self._loop = loop = asyncio.get_running_loop()
        request = Request(len(jobs), loop)
        waiting = self._let_in(jobs, request, deadline)
        self._thread.wake()
        patience_seconds = waiting[0].schedule.deadline - self._clock()
        request.expiry = loop.call_later(patience_seconds, self._expire, request, waiting, patience_seconds)
        try:
            return await request.done
        finally:
            request.expiry.cancel()
            if request.done.cancelled() or request.done.exception() is not None:
                self._backlog.withdraw(waiting)

    async def run(self, function: Callable[[], Result], *, when_idle: bool = False) -> Result:
        """The function's result or exception, computed on the inference thread: for loading and self-tests.

        It goes before all jobs, or waits until there are none. Jobs wait while it runs.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[object] = loop.create_future()
        self._thread.call(partial(_call, loop, done, function), when_idle=when_idle)
        return cast(Result, await done)

    def busy_seconds(self) -> float:
        """How long the inference (or call) under way has taken so far; infinity if the thread is dead."""
        return self._thread.busy_seconds()

    @property
    def waiting_jobs(self) -> int:
        return self._backlog.jobs

    def predicted_wait_seconds(self) -> float:
        """How long what waits and runs will keep the engine busy."""
        return self._backlog.wait_seconds(self._clock())

    def refusal(self, patience_seconds: float) -> RefusedError | None:
        """Why even the smallest request with so much time would be refused now; None if it might be let in.

        Counts as a refusal: it is meant to be answered.
        """
        now = self._clock()
        refused = self._backlog.refusal_of_any(Schedule.of(now, now + patience_seconds), now)
        if refused is not None:
            self._observer.refused(refused.reason)
        return refused

    def stop(self, wait_seconds: float = 0.0) -> bool:
        """Refuse what comes from now on and let the thread end after what waits; True if it has in that time."""
        self._stopping = True
        return self._thread.stop(wait_seconds)

    def do_next(self) -> bool:
        """For the inference thread: run a batch of what waits; False if nothing does."""
        batch, expired = self._backlog.take(self._clock())
        if expired:
            self._on_loop(self._refuse_expired, expired)
        if batch is None:
            return bool(expired)
        outcomes, together = self._execute(batch)
        self._on_loop(self._deliver, batch, outcomes, together)
        return True

    def _execute(self, batch: Batch) -> tuple[list[Outcome], bool]:
        outcomes, together = execute(batch.waiting[0].runner, batch.waiting, self._clock)
        if together:
            # From when it was taken: forming it kept the engine waiting too.
            self._backlog.finished(batch, self._clock() - batch.taken)
        else:
            self._backlog.failed()
        return outcomes, together

    def _let_in(self, jobs: Sequence[Job], request: Request, deadline: float) -> list[Waiting]:
        """Raises RefusedError."""
        now = self._clock()
        waiting, overhead_seconds = self._with_costs(jobs, request, Schedule.of(now, deadline), now)
        if self._stopping or not self._thread.is_alive:
            refused: RefusedError | None = RefusedError(RefusalReason.STOPPING, RESTART_SECONDS)
        elif deadline <= now:
            refused = RefusedError(RefusalReason.EXPIRED, self._backlog.wait_seconds(now))
        else:
            refused = self._backlog.admit(waiting, overhead_seconds, now)
        if refused is not None:
            self._observer.refused(refused.reason)
            raise refused
        return waiting

    def _with_costs(
        self, jobs: Sequence[Job], request: Request, schedule: Schedule, now: float
    ) -> tuple[list[Waiting], float]:
        """The jobs as the backlog takes them, and what a batch of the costliest costs before its first token."""
        lines: dict[Hashable, Line] = {}
        waiting: list[Waiting] = []
        for index, job in enumerate(jobs):
            group = job.batch_group
            line = lines.get(group)
            if line is None:
                line = lines[group] = self._backlog.costs.line(job.model, group)
            work_seconds = line.share_seconds(len(job.token_ids), self._backlog.max_batch_tokens)
            runner = self._runners[job.model]
            waiting.append(Waiting(job, runner, request, index, now, schedule, group, work_seconds))
        return waiting, max(line.overhead_seconds for line in lines.values())

    def _expire(self, request: Request, waiting: Sequence[Waiting], patience_seconds: float) -> None:
        """The deadline has passed. What runs already may still be of use: it gets as much time again, and no more,
        for an engine that hangs brings nothing."""
        if self._backlog.withdraw(waiting) or not self._thread.is_alive:
            self._refuse(request)
        else:
            request.expiry = asyncio.get_running_loop().call_later(patience_seconds, self._refuse, request)

    def _refuse_expired(self, expired: Sequence[Waiting]) -> None:
        for waiting in expired:
            self._refuse(waiting.request)

    def _refuse(self, request: Request) -> None:
        if not request.done.done():
            self._observer.refused(RefusalReason.EXPIRED)
            request.fail(RefusedError(RefusalReason.EXPIRED, self.predicted_wait_seconds()))

    def _deliver(self, batch: Batch, outcomes: Sequence[Outcome], together: bool) -> None:
        for outcome in outcomes:
            waiting = outcome.waiting
            if isinstance(outcome.result, EngineError):
                waiting.request.fail(outcome.result)
                continue
            queue_seconds = batch.taken - waiting.arrived
            waiting.request.answer(waiting.index, JobAnswer(outcome.result, queue_seconds, outcome.infer_seconds))
            self._observer.job_waited(queue_seconds)
        if together:
            self._observer.batch_done(
                BatchRecord(
                    model=batch.waiting[0].job.model,
                    jobs=len(outcomes),
                    tokens=batch.tokens,
                    padded_tokens=batch.padded_tokens,
                    infer_seconds=outcomes[0].infer_seconds,
                    predicted_seconds=batch.predicted_seconds,
                )
            )

    def _on_loop(self, function: Callable[..., None], *arguments: object) -> None:
        assert self._loop is not None  # noqa: S101  whoever sent the jobs had one
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for the answer
            self._loop.call_soon_threadsafe(function, *arguments)


def _call(loop: asyncio.AbstractEventLoop, done: "asyncio.Future[object]", function: Callable[[], object]) -> None:
    """Hand the function's outcome to the coroutine that waits for it, unless that has gone."""
    if done.cancelled():
        return
    try:
        outcome = partial(done.set_result, function())
    except Exception as error:  # noqa: BLE001  whatever it is, it belongs to who asked
        outcome = partial(done.set_exception, error)
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for the answer
        loop.call_soon_threadsafe(_unless_cancelled, done, outcome)


def _unless_cancelled(done: "asyncio.Future[object]", outcome: Callable[[], None]) -> None:
    if not done.done():
        outcome()
