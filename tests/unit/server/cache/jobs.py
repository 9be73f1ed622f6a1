"""Jobs and an inference to ask them of."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bert_server.cache.checking import ResultSizes
from bert_server.cache.keys import CacheKeys, ModelScope
from bert_server.inference.contract import JobAnswer, RefusalReason
from bert_server.inference.jobs import FeatureJob, FillMaskJob, Job, Pooling, ScoredToken, TranslateJob

KEYS = CacheKeys({"toy": ModelScope("sha256:a", "openvino int8"), "other": ModelScope("sha256:b", "openvino int8")})
SIZES = dict.fromkeys(("toy", "other"), ResultSizes(vocabulary=100_000, vector=3))
DEADLINE = 1e9


def fill_mask(*token_ids: int, top_k: int = 1, model: str = "toy") -> FillMaskJob:
    return FillMaskJob(model, np.array(token_ids, dtype=np.int64), (0,), top_k)


def feature(*token_ids: int, pooling: Pooling = Pooling.CLS) -> FeatureJob:
    return FeatureJob("toy", np.array(token_ids, dtype=np.int64), pooling)


def translate(*token_ids: int, length_penalty: float = 1.0) -> TranslateJob:
    return TranslateJob("toy", np.array(token_ids, dtype=np.int64), 4, 128, length_penalty)


def answer_to(job: Job) -> JobAnswer:
    """The best token is the sum of the tokens asked for."""
    return JobAnswer(((ScoredToken(int(job.token_ids.sum()), 0.5),),), queue_seconds=100.0, infer_seconds=200.0)


@dataclass
class FakeInference:
    """Answers, or fails, as soon as `gate` is open."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[list[Job]] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    answer: Callable[[Job], JobAnswer] = answer_to
    cancelled: int = 0

    async def compute(self, jobs: Sequence[Job], deadline: float) -> list[JobAnswer]:
        self.asked.append(list(jobs))
        self.deadlines.append(deadline)
        failure = self.failures.pop(0) if self.failures else None
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if failure is not None:
            raise failure
        return [self.answer(job) for job in jobs]


class FakeStore:
    """A shared store that answers at once."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.lookups = 0
        self.closed = False

    async def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        self.lookups += 1
        return [self.values.get(key) for key in keys]

    def put(self, values: Mapping[bytes, bytes]) -> None:
        self.values.update(values)

    async def close(self) -> None:
        self.closed = True


@dataclass
class Counts:
    """An observer that counts what the cache reports."""

    hits: int = 0
    misses: int = 0

    def cache_hit(self, jobs: int) -> None:
        self.hits += jobs

    def cache_miss(self, jobs: int) -> None:
        self.misses += jobs

    def batch_done(self, record: object) -> None:
        raise AssertionError(record)

    def job_waited(self, queue_seconds: float) -> None:
        raise AssertionError(queue_seconds)

    def refused(self, reason: RefusalReason) -> None:
        raise AssertionError(reason)
