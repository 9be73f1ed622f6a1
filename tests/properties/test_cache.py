"""What the cache of results promises whatever is asked, cancelled, refused and broken in whatever order."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_server.cache.caching import CachedInference
from bert_server.cache.codec import decode, encode
from bert_server.cache.keys import CacheKeys, ModelScope
from bert_server.cache.lru import LruCache
from bert_server.inference.contract import EngineError, JobAnswer, RefusalReason, RefusedError
from bert_server.inference.jobs import FeatureJob, FillMaskJob, Job, Pooling, ScoredToken, TranslateJob
from bert_server.telemetry.metrics import Metrics

SMALL = st.integers(0, 3)
TUPLES = st.lists(SMALL, max_size=3).map(tuple)
TOKEN_IDS = st.lists(SMALL, max_size=3).map(lambda ids: np.array(ids, dtype=np.int64))
MODELS = st.sampled_from(["a", "b"])
JOBS: st.SearchStrategy[Job] = st.one_of(
    st.builds(FillMaskJob, MODELS, TOKEN_IDS, TUPLES, SMALL, TUPLES),
    st.builds(FeatureJob, MODELS, TOKEN_IDS, st.sampled_from(Pooling)),
    st.builds(TranslateJob, MODELS, TOKEN_IDS, SMALL, SMALL, st.sampled_from([0.0, 0.5, 1.0])),
)
KEYS = CacheKeys({name: ModelScope(name, "int8") for name in ("a", "b")})


def content(job: Job) -> tuple[object, ...]:
    """What makes a job this one, as Python compares it."""
    parts = (getattr(job, name) for name in job.__slots__ if name != "token_ids")
    return (type(job), tuple(job.token_ids.tolist()), *parts)


@given(JOBS, JOBS)
@settings(max_examples=500)
def test_two_jobs_have_the_same_key_exactly_when_they_ask_for_the_same(first: Job, second: Job) -> None:
    assert (KEYS.of(first) == KEYS.of(second)) == (content(first) == content(second))


@given(st.lists(st.lists(st.tuples(st.integers(0, 2**31), st.floats(allow_nan=False)), max_size=4), max_size=3))
def test_candidates_survive_storage_bit_by_bit(rows: list[list[tuple[int, float]]]) -> None:
    result = tuple(tuple(ScoredToken(*token) for token in row) for row in rows)
    job = FillMaskJob("a", np.zeros(1, dtype=np.int64), tuple(range(len(rows))), 1)
    assert decode(encode(result), job) == result


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20), st.integers(0, 400)), max_size=60), st.integers(0, 3000))
def test_the_memory_never_exceeds_its_bound_and_returns_what_was_put_last(
    steps: list[tuple[bool, int, int]], capacity_bytes: int
) -> None:
    cache = LruCache(capacity_bytes)
    newest: dict[bytes, bytes] = {}
    for puts, number, length in steps:
        key = bytes([number])
        if puts:
            newest[key] = bytes([length % 256]) * length
            cache.put(key, newest[key])
        else:
            assert cache.get(key) in {None, newest.get(key)}
        assert cache.used_bytes <= capacity_bytes
    for key in newest:
        cache.discard(key)
    assert (cache.used_bytes, len(cache)) == (0, 0)


@dataclass
class Computation:
    jobs: Sequence[Job]
    deadline: float
    outcome: "asyncio.Future[None]"


@dataclass
class SteppedInference:
    """Computes when it is told to, and fails when it is told to."""

    under_way: list[Computation] = field(default_factory=list)

    async def compute(self, jobs: Sequence[Job], deadline: float) -> list[JobAnswer]:
        computation = Computation(jobs, deadline, asyncio.get_running_loop().create_future())
        self.under_way.append(computation)
        try:
            await computation.outcome
        finally:
            self.under_way.remove(computation)
        return [JobAnswer(((ScoredToken(int(job.token_ids[0]), 0.5),),)) for job in jobs]


@dataclass
class Request:
    numbers: list[int]
    deadline: float
    task: "asyncio.Task[list[JobAnswer]]"
    is_cancelled: bool = False


NUMBERS = st.lists(st.integers(0, 3), min_size=1, max_size=3)
STEPS = st.one_of(
    st.tuples(st.just("ask"), NUMBERS, st.integers(1, 3)),
    st.tuples(st.just("cancel"), st.integers(0, 20)),
    st.tuples(st.sampled_from(["finish", "refuse", "break"]), st.integers(0, 20)),
    st.tuples(st.just("let everything run")),
)


class Run:
    """One sequence of steps. A refusal names the deadline and the jobs of what was refused."""

    def __init__(self) -> None:
        self.inference = SteppedInference()
        self.cache = CachedInference(self.inference, KEYS, LruCache(600), Metrics("v1"), sizes={})
        self.requests: list[Request] = []

    async def take(self, steps: Sequence[tuple[object, ...]]) -> None:
        for name, *arguments in steps:
            await self.step(str(name), arguments)
        await settle()
        while self.inference.under_way:
            self.inference.under_way[0].outcome.set_result(None)
            await settle()

    async def step(self, name: str, arguments: Sequence[object]) -> None:
        match name, *arguments:
            case "ask", list(numbers), int(deadline):
                task = asyncio.create_task(self.cache.compute([job(number) for number in numbers], deadline))
                self.requests.append(Request(numbers, deadline, task))
            case "cancel", int(index) if self.requests:
                request = self.requests[index % len(self.requests)]
                request.is_cancelled = request.task.cancel() or request.is_cancelled
            case (("finish" | "refuse" | "break"), int(index)) if self.inference.under_way:
                self.end(name, self.inference.under_way[index % len(self.inference.under_way)])
                await settle()
            case "let everything run", *_:
                await settle()

    def end(self, how: str, computation: Computation) -> None:
        if computation.outcome.done():
            return
        if how == "finish":
            computation.outcome.set_result(None)
        else:
            error = RefusedError(RefusalReason.EXPIRED, 1.0) if how == "refuse" else EngineError("broken")
            error.add_note(f"{computation.deadline} {sorted(int(job.token_ids[0]) for job in computation.jobs)}")
            computation.outcome.set_exception(error)


def job(number: int) -> Job:
    return FillMaskJob("a", np.array([number], dtype=np.int64), (0,), 1)


async def settle() -> None:
    for _ in range(12):
        await asyncio.sleep(0)


def check(request: Request) -> None:
    assert request.task.done()
    if request.task.cancelled():
        assert request.is_cancelled
        return
    error = request.task.exception()
    if error is None:
        expected = [((ScoredToken(number, 0.5),),) for number in request.numbers]
        assert [answer.result for answer in request.task.result()] == expected
        return
    deadline, _, numbers = error.__notes__[0].partition(" ")
    about = {int(number) for number in numbers.strip("[]").split(", ")}
    if isinstance(error, RefusedError):
        assert float(deadline) == request.deadline
    assert about <= set(request.numbers)


@given(st.lists(STEPS, max_size=25))
@settings(max_examples=300)
def test_every_request_gets_its_own_answer_or_its_own_failure_and_nothing_is_left_behind(
    steps: list[tuple[object, ...]],
) -> None:
    async def example() -> None:
        run = Run()
        await run.take(steps)
        for request in run.requests:
            check(request)
        assert run.cache._flights == {}
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(example())
