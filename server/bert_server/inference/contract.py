"""The protocols between the parts of the way from a task to an engine, and the errors that travel back."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bert_server.inference.jobs import Job, JobResult


class Runner(Protocol):
    """A loaded model that computes batches. Used from one thread at a time."""

    def run(self, jobs: Sequence[Job]) -> Sequence[JobResult]:
        """A result for each job, in their order. All jobs are for this model and share their `batch_group`."""
        ...

    def padded_length(self, tokens: int) -> int:
        """How many tokens the engine really computes if a batch has so many."""
        ...


@dataclass(frozen=True, slots=True)
class JobAnswer:
    """A result, how long the job waited for the engine, and how long the batch took that it was part of.

    Both times are 0 if `cached`.
    """

    result: JobResult
    queue_seconds: float = 0.0
    infer_seconds: float = 0.0
    cached: bool = False


class Inference(Protocol):
    """What tasks ask; the cache and the scheduler both are one, so that they can be stacked."""

    async def compute(self, jobs: Sequence[Job], deadline: float) -> list[JobAnswer]:
        """An answer for each job, in their order; `deadline` is a moment of `time.monotonic()`.

        All or nothing: raises RefusedError at once if not all of them can be done by the deadline, EngineError if
        the engine failed on one. Cancelling the call withdraws what has not begun.
        """
        ...


class RefusalReason(StrEnum):
    QUEUE_FULL = "queue-full"
    DEADLINE = "deadline"  # by the prediction it cannot be done in time
    EXPIRED = "expired"  # it was admitted, and its deadline passed while it waited
    STOPPING = "stopping"


class RefusedError(Exception):
    """The jobs were not done; a try after `retry_after_seconds` should find room."""

    def __init__(self, reason: RefusalReason, retry_after_seconds: float) -> None:
        super().__init__(f"refused: {reason}")
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds


class EngineError(Exception):
    """The engine failed while it computed this job alone."""


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """One batch that has run. `padded_tokens` counts what the engine computed, `tokens` what was asked for."""

    model: str
    jobs: int
    tokens: int
    padded_tokens: int
    infer_seconds: float
    predicted_seconds: float


class InferenceObserver(Protocol):
    """Told by the scheduler and the cache what happens; called on any thread, must be quick and must not raise."""

    def batch_done(self, record: BatchRecord) -> None: ...

    def job_waited(self, queue_seconds: float) -> None: ...

    def refused(self, reason: RefusalReason) -> None: ...

    def cache_hit(self, jobs: int) -> None: ...

    def cache_miss(self, jobs: int) -> None: ...
