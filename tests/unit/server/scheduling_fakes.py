"""A model that needs no engine: it answers each job with the job's own tokens, and can be held, slowed and broken."""

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from bert_server.inference.contract import BatchRecord, RefusalReason
from bert_server.inference.jobs import FeatureJob, Job, JobResult, Pooling

MODEL = "echo"


def job(first: int = 1, tokens: int = 8, *, model: str = MODEL, pooling: Pooling = Pooling.CLS) -> FeatureJob:
    """A job that is known by its first token."""
    ids = np.zeros(tokens, dtype=np.int64)
    ids[0] = first
    return FeatureJob(model, ids, pooling)


def identity(result: JobResult) -> int:
    """The first token of the job whose result this is."""
    return int(result[0])  # type: ignore[arg-type]  # always a vector


class Echo:
    """A runner. `inside` is set while it computes; it goes on when `gate` is open. `poison` are first tokens that
    make a batch fail."""

    def __init__(self, *, seconds_per_batch: float = 0.0) -> None:
        self.batches: list[tuple[int, ...]] = []
        self.inside = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.poison: set[int] = set()
        self.spoil: Callable[[list[JobResult]], list[JobResult]] = list
        self.seconds_per_batch = seconds_per_batch

    def run(self, jobs: Sequence[Job]) -> Sequence[JobResult]:
        firsts = tuple(int(job.token_ids[0]) for job in jobs)
        self.batches.append(firsts)
        self.inside.set()
        self.gate.wait()
        self.inside.clear()
        time.sleep(self.seconds_per_batch)
        if self.poison.intersection(firsts):
            raise ValueError("poison")
        return self.spoil([job.token_ids.astype(np.float32) for job in jobs])

    def padded_length(self, tokens: int) -> int:
        return tokens


class Recorder:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.records: list[BatchRecord] = []
        self.waits: list[float] = []
        self.refusals: list[RefusalReason] = []

    def batch_done(self, record: BatchRecord) -> None:
        self.records.append(record)

    def job_waited(self, queue_seconds: float) -> None:
        self.waits.append(queue_seconds)

    def refused(self, reason: RefusalReason) -> None:
        self.refusals.append(reason)

    def cache_hit(self, jobs: int) -> None:
        raise AssertionError("a scheduler has no cache")

    def cache_miss(self, jobs: int) -> None:
        raise AssertionError("a scheduler has no cache")
