"""Jobs on their way: who asked for them, since when they wait, and where their results belong."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum, auto

from bert_server.inference.admission import Schedule
from bert_server.inference.contract import JobAnswer, Runner
from bert_server.inference.jobs import Job


class Request:
    """The jobs of one call, answered together. Belongs to the event loop's thread."""

    def __init__(self, jobs: int, loop: asyncio.AbstractEventLoop) -> None:
        self._answers: list[JobAnswer | None] = [None] * jobs
        self._missing = jobs
        self.done: asyncio.Future[list[JobAnswer]] = loop.create_future()
        self.expiry: asyncio.TimerHandle | None = None

    def answer(self, index: int, answer: JobAnswer) -> None:
        assert self._answers[index] is None, "a job is answered once"  # noqa: S101
        self._answers[index] = answer
        self._missing -= 1
        if not self._missing and not self.done.done():
            self.done.set_result([found for found in self._answers if found is not None])

    def fail(self, error: Exception) -> None:
        """The first error is the request's answer; after an answer, nothing happens."""
        if not self.done.done():
            self.done.set_exception(error)


class State(Enum):
    WAITING = auto()
    TAKEN = auto()  # it runs, or has run
    WITHDRAWN = auto()


@dataclass(slots=True, eq=False)
class Waiting:
    """A job, who computes it, and its place in the request. `state` is changed under the backlog's lock alone."""

    job: Job
    runner: Runner
    request: Request
    index: int
    arrived: float
    schedule: Schedule
    group: Hashable
    work_seconds: float
    state: State = State.WAITING

    @property
    def tokens(self) -> int:
        return len(self.job.token_ids)

    def __lt__(self, other: "Waiting") -> bool:
        """By turn; the lanes' heaps need it."""
        return self.schedule.turn < other.schedule.turn
