"""What waits and what runs: lets in what can be done in time, and hands out batches. Shared by the two threads."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from bert_server.inference.admission import Demand, Schedule
from bert_server.inference.contract import RefusalReason, RefusedError
from bert_server.inference.cost import CostModel
from bert_server.inference.lanes import Lanes
from bert_server.inference.requests import State, Waiting

# Weight of the newest batch in the estimate of how fast work is really done.
PACE_SMOOTHING = 0.1
SLOWEST_PACE = 4.0
FASTEST_PACE = 0.5
# Of what would take more than one batch, it is tried whether it goes this many times as fast as predicted.
MOST_PESSIMISTIC = 4.0
# Part of the time that is left over in which jobs may be done before their turn; predictions are not that exact.
SPARE_SHARE = 0.5
# Up to this part of the budget, a batch is filled with what there is: larger ones are hardly more efficient.
SMALL_BATCH_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Batch:
    """`full_load`: others still waited when it was formed, so that its duration tells how fast a backlog shrinks."""

    waiting: tuple[Waiting, ...]
    tokens: int
    padded_tokens: int
    predicted_seconds: float
    work_seconds: float
    taken: float
    full_load: bool


class Backlog:
    """Thread-safe; no method takes long. `now` is a moment of the clock that deadlines are given in."""

    def __init__(self, queue_size: int, max_batch_tokens: int) -> None:
        self.costs = CostModel()
        self.max_batch_tokens = max_batch_tokens
        self._queue_size = queue_size
        self._lock = threading.Lock()
        self._lanes = Lanes()
        self._demand = Demand()
        self._jobs = 0
        self._running_until = 0.0  # nothing runs
        self._pace = 1.0

    @property
    def jobs(self) -> int:
        """How many wait."""
        return self._jobs

    def wait_seconds(self, now: float) -> float:
        """How long the engine will be busy with what it has, by the prediction."""
        return max(0.0, self._running_until - now) + self._pace * self._demand.total_seconds

    def refusal_of_any(self, schedule: Schedule, now: float) -> RefusedError | None:
        """Why not even a job that costs nothing could be let in; None if it could."""
        with self._lock:
            return self._refusal(schedule, 1, 0.0, 0.0, now)

    def admit(self, arriving: Sequence[Waiting], overhead_seconds: float, now: float) -> RefusedError | None:
        """Let in the jobs of one request, which share a schedule; each batch costs `overhead_seconds` by itself.

        Returns why not, if they cannot be done in time, or would make late what was let in before. An engine that
        rests tries them nevertheless: if nothing ran, a wrong prediction would stay for ever.
        """
        schedule = arriving[0].schedule
        work_seconds = sum(waiting.work_seconds for waiting in arriving)
        with self._lock:
            refusal = self._refusal(schedule, len(arriving), work_seconds, overhead_seconds, now)
            if refusal is not None:
                if not self._may_try(arriving, work_seconds, now):
                    return refusal
                schedule = schedule.without_promise()
                for waiting in arriving:
                    waiting.schedule = schedule
            for waiting in arriving:
                self._lanes.push(waiting)
            self._demand.add(schedule, work_seconds, len(arriving))
            self._jobs += len(arriving)
        return None

    def withdraw(self, jobs: Sequence[Waiting]) -> bool:
        """Forget those of the jobs that still wait; whether there were any."""
        with self._lock:
            waiting = [job for job in jobs if job.state is State.WAITING]
            for job in waiting:
                self._withdraw(job)
        return bool(waiting)

    def take(self, now: float) -> tuple[Batch | None, list[Waiting]]:
        """The best batch of what waits, and the jobs whose deadline has passed."""
        expired: list[Waiting] = []
        with self._lock:
            while (seed := min(self._lanes.firsts(), default=None)) is not None:
                if not self._drop_expired(seed, now, expired):
                    return self._form(seed, now, expired), expired
            return None, expired

    def finished(self, batch: Batch, seconds: float) -> None:
        """The batch has run; learn from how long it took."""
        first = batch.waiting[0]
        self.costs.observe(first.job.model, first.group, batch.padded_tokens, seconds)
        with self._lock:
            self._running_until = 0.0
            self._pace += PACE_SMOOTHING * (_pace_of(batch, seconds) - self._pace)

    def failed(self) -> None:
        """The running batch came to nothing that could be learnt from."""
        with self._lock:
            self._running_until = 0.0

    def _refusal(
        self, schedule: Schedule, jobs: int, work_seconds: float, overhead_seconds: float, now: float
    ) -> RefusedError | None:
        # A request of more jobs than may wait gets its chance when nothing else waits.
        too_many = self._jobs + jobs - self._queue_size
        if self._jobs and too_many > 0:
            share = min(1.0, too_many / self._jobs)
            return RefusedError(RefusalReason.QUEUE_FULL, share * self.wait_seconds(now))
        # Work is counted as if it travelled in full batches; the last one of each group may be nearly empty.
        begins = max(now, self._running_until) + overhead_seconds * (1 + len(self._lanes))
        excess_seconds = self._demand.excess_seconds(schedule, work_seconds, begins=begins, pace=self._pace)
        return RefusedError(RefusalReason.DEADLINE, excess_seconds) if excess_seconds > 0 else None

    def _may_try(self, arriving: Sequence[Waiting], work_seconds: float, now: float) -> bool:
        """Whether a request that the prediction speaks against may put it to the test: one at a time."""
        if self._jobs or self._running_until:
            return False
        at_best = now + self._pace * work_seconds / MOST_PESSIMISTIC
        is_one_batch = sum(waiting.tokens for waiting in arriving) <= self.max_batch_tokens
        return is_one_batch or at_best <= arriving[0].schedule.promised

    def _withdraw(self, waiting: Waiting) -> None:
        waiting.state = State.WITHDRAWN
        self._lanes.withdraw(waiting)
        self._demand.remove(waiting.schedule, waiting.work_seconds)
        self._jobs -= 1

    def _drop_expired(self, waiting: Waiting, now: float, expired: list[Waiting]) -> bool:
        if waiting.schedule.deadline > now:
            return False
        self._withdraw(waiting)
        expired.append(waiting)
        return True

    def _form(self, seed: Waiting, now: float, expired: list[Waiting]) -> Batch:
        line = self.costs.line(seed.job.model, seed.group)
        taken = self._fill(seed, line.overhead_seconds, now, expired)
        tokens = sum(waiting.tokens for waiting in taken)
        padded_tokens = seed.runner.padded_length(tokens)
        predicted_seconds = line.seconds(padded_tokens)
        self._running_until = now + predicted_seconds
        return Batch(
            waiting=tuple(taken),
            tokens=tokens,
            padded_tokens=padded_tokens,
            predicted_seconds=predicted_seconds,
            work_seconds=sum(waiting.work_seconds for waiting in taken),
            taken=now,
            full_load=self._jobs > 0,
        )

    def _fill(self, seed: Waiting, overhead_seconds: float, now: float, expired: list[Waiting]) -> list[Waiting]:
        """The jobs of the batch: the next of the seed's group, as far as the budget goes. They must not make the jobs
        of other groups late, except that a batch is never kept small: then all would be done later."""
        begins = now + overhead_seconds * len(self._lanes)
        spare_seconds = SPARE_SHARE * self._demand.spare_seconds(begins=begins, pace=self._pace)
        taken: list[Waiting] = []
        tokens = 0
        while (first := self._lanes.first(seed.group)) is not None:
            if self._drop_expired(first, now, expired):
                continue
            tokens += first.tokens
            if taken and tokens > self.max_batch_tokens:
                break
            if first.schedule.slot > seed.schedule.slot:
                spare_seconds -= self._pace * first.work_seconds
                if spare_seconds < 0 and tokens > SMALL_BATCH_SHARE * self.max_batch_tokens:
                    break
            self._take(first)
            taken.append(first)
        return taken

    def _take(self, waiting: Waiting) -> None:
        """Out of the backlog: the next of its lane."""
        self._lanes.pop(waiting)
        waiting.state = State.TAKEN
        self._demand.remove(waiting.schedule, waiting.work_seconds)
        self._jobs -= 1


def _pace_of(batch: Batch, seconds: float) -> float:
    """1 where there was no backlog: what slowed the last one down is over, as far as anybody knows."""
    if not batch.full_load or batch.work_seconds <= 0:
        return 1.0
    return min(max(seconds / batch.work_seconds, FASTEST_PACE), SLOWEST_PACE)
