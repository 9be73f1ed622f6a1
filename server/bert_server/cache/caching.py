"""An `Inference` that asks another one only for what is not known yet, and for that only once."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Protocol

import msgspec
import numpy as np

from bert_server.cache.checking import ResultSizes, require_possible
from bert_server.cache.codec import decode, encode
from bert_server.cache.keys import CacheKeys
from bert_server.cache.lru import LruCache
from bert_server.inference.contract import Inference, InferenceObserver, JobAnswer, RefusedError
from bert_server.inference.jobs import Job

logger = logging.getLogger(__name__)

# How often a request joins the computation of others. When all of them were refused, it is on its own.
MOST_JOINS = 2

_Answers = Mapping[bytes, JobAnswer]


class SharedStore(Protocol):
    """What many processes share; a lookup is quick and never fails."""

    async def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]: ...

    def put(self, values: Mapping[bytes, bytes]) -> None: ...

    async def close(self) -> None: ...


class _Flight:
    """A computation under way, for the request that began it and those that joined."""

    __slots__ = ("deadline", "keys", "passengers", "task")

    def __init__(self, keys: Iterable[bytes], deadline: float, task: "asyncio.Task[_Answers]") -> None:
        self.keys = frozenset(keys)
        self.deadline = deadline
        self.passengers = 0
        self.task = task


class CachedInference:
    """Looks in memory, joins an equal job under way, looks in `shared`, and computes; in this order. `sizes` are those
    of the models, by name.

    A request joins only what will be done by its own deadline. It does not suffer from what it joined: if that was
    refused, or failed because of another job, it tries by itself. A computation ends early when the last request that
    waits for it has left.
    """

    def __init__(
        self,
        inference: Inference,
        keys: CacheKeys,
        memory: LruCache,
        observer: InferenceObserver,
        shared: SharedStore | None = None,
        *,
        sizes: Mapping[str, ResultSizes],
    ) -> None:
        self.memory = memory
        self.shared = shared
        self._sizes = sizes
        self._inference = inference
        self._keys = keys
        self._observer = observer
        self._flights: dict[bytes, _Flight] = {}

    async def compute(self, jobs: Sequence[Job], deadline: float) -> list[JobAnswer]:
        """As `Inference.compute` says."""
        keys = [self._keys.of(job) for job in jobs]
        answers: dict[bytes, JobAnswer] = {}
        wanted: dict[bytes, Job] = {}
        for key, job in zip(keys, jobs, strict=True):
            content = self.memory.get(key)
            if content is None:
                wanted[key] = job
            else:
                answers[key] = _known(content, job)
        if answers:
            self._observer.cache_hit(len(answers))
        if wanted:
            answers |= await self._obtain(wanted, deadline)
        return [answers[key] for key in keys]

    async def close(self) -> None:
        if self.shared is not None:
            await self.shared.close()

    async def _obtain(self, wanted: Mapping[bytes, Job], deadline: float) -> dict[bytes, JobAnswer]:
        answers: dict[bytes, JobAnswer] = {}
        for joins_left in reversed(range(MOST_JOINS + 1)):
            missing = {key: job for key, job in wanted.items() if key not in answers}
            if not missing:
                break
            answers |= await self._attempt(missing, deadline, may_join=joins_left > 0)
        return answers

    async def _attempt(
        self, missing: Mapping[bytes, Job], deadline: float, *, may_join: bool
    ) -> dict[bytes, JobAnswer]:
        """All that can be had now: everything, unless what it joined came to nothing."""
        joined = self._joinable(missing, deadline) if may_join else {}
        own_jobs = {key: job for key, job in missing.items() if key not in joined}
        own = self._take_off(own_jobs, deadline) if own_jobs else None
        others = set(joined.values())
        boarded = {*others, own} if own else others
        for flight in boarded:
            flight.passengers += 1
        try:
            answers = dict(await asyncio.shield(own.task)) if own else {}
            for flight in others:
                answers |= await self._shared_answers(flight, missing.keys() & flight.keys)
            return answers
        finally:
            for flight in boarded:
                self._leave(flight)

    def _joinable(self, keys: Iterable[bytes], deadline: float) -> dict[bytes, _Flight]:
        under_way = ((key, self._flights.get(key)) for key in keys)
        return {key: flight for key, flight in under_way if flight is not None and flight.deadline <= deadline}

    async def _shared_answers(self, flight: _Flight, keys: Set[bytes]) -> dict[bytes, JobAnswer]:
        """Nothing if the flight was refused, or if it failed and another of its jobs may be the reason."""
        began = time.monotonic()
        try:
            landed = await asyncio.shield(flight.task)
        except Exception as error:
            if isinstance(error, RefusedError) or len(flight.keys) > 1:
                return {}
            raise
        self._observer.cache_hit(len(keys))
        waited_seconds = time.monotonic() - began
        return {key: _seen_for(landed[key], waited_seconds) for key in keys}

    def _take_off(self, jobs: Mapping[bytes, Job], deadline: float) -> _Flight:
        flight = _Flight(jobs, deadline, asyncio.create_task(self._compute(jobs, deadline)))
        self._flights.update(dict.fromkeys(jobs, flight))
        flight.task.add_done_callback(lambda task: self._land(flight, task))
        return flight

    def _land(self, flight: _Flight, task: "asyncio.Task[_Answers]") -> None:
        self._close_doors(flight)
        if not task.cancelled():
            task.exception()  # if all have left, nobody else looks at it

    def _leave(self, flight: _Flight) -> None:
        flight.passengers -= 1
        if not flight.passengers:
            self._close_doors(flight)
            flight.task.cancel()

    def _close_doors(self, flight: _Flight) -> None:
        for key in flight.keys:
            if self._flights.get(key) is flight:
                del self._flights[key]

    async def _compute(self, jobs: Mapping[bytes, Job], deadline: float) -> _Answers:
        answers = await self._look_up(jobs) if self.shared is not None else {}
        missing = {key: job for key, job in jobs.items() if key not in answers}
        if not missing:
            return answers
        self._observer.cache_miss(len(missing))
        computed = await self._inference.compute(list(missing.values()), deadline)
        fresh = dict(zip(missing, computed, strict=True))
        _freeze(computed)
        contents = {key: encode(answer.result) for key, answer in fresh.items()}
        self._remember(contents)
        if self.shared is not None:
            self.shared.put(contents)
        return answers | fresh

    async def _look_up(self, jobs: Mapping[bytes, Job]) -> dict[bytes, JobAnswer]:
        assert self.shared is not None  # noqa: S101  asked by the caller
        values = await self.shared.get(list(jobs))
        found = {key: value for key, value in zip(jobs, values, strict=True) if value is not None}
        answers = {}
        for key, value in found.items():
            try:
                answers[key] = self._checked(value, jobs[key])
            except (ValueError, msgspec.DecodeError):
                logger.warning("the shared cache holds something under %s that is no result", key.hex())
        if answers:
            self._observer.cache_hit(len(answers))
            self._remember({key: found[key] for key in answers})
        return answers

    def _checked(self, content: bytes, job: Job) -> JobAnswer:
        answer = _known(content, job)
        require_possible(answer.result, job, self._sizes[job.model])
        return answer

    def _remember(self, contents: Mapping[bytes, bytes]) -> None:
        for key, content in contents.items():
            self.memory.put(key, content)


def _freeze(answers: Iterable[JobAnswer]) -> None:
    """Several requests may get the same array: none may change it."""
    for answer in answers:
        if isinstance(answer.result, np.ndarray):
            answer.result.flags.writeable = False


def _known(content: bytes, job: Job) -> JobAnswer:
    return JobAnswer(decode(content, job), cached=True)


def _seen_for(answer: JobAnswer, waited_seconds: float) -> JobAnswer:
    """As it looks to a request that joined late: no part of its time can be longer than it waited."""
    infer_seconds = min(answer.infer_seconds, waited_seconds)
    return replace(
        answer, infer_seconds=infer_seconds, queue_seconds=min(answer.queue_seconds, waited_seconds - infer_seconds)
    )
