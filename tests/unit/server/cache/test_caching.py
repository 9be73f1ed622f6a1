import asyncio
import time

import numpy as np
import pytest

from bert_server.cache.caching import CachedInference
from bert_server.cache.codec import encode
from bert_server.cache.lru import LruCache
from bert_server.inference.contract import EngineError, JobAnswer, RefusalReason, RefusedError
from bert_server.inference.jobs import Job, ScoredToken
from tests.unit.server.cache.jobs import (
    DEADLINE,
    KEYS,
    SIZES,
    Counts,
    FakeInference,
    FakeStore,
    answer_to,
    feature,
    fill_mask,
)

A, B, C = fill_mask(1), fill_mask(2), fill_mask(3)
VECTOR = feature(1)
REFUSED = RefusedError(RefusalReason.EXPIRED, 1.0)


class Scene:
    """A cache before a fake inference, and requests as tasks."""

    def __init__(self, *, memory_bytes: int = 2**20, store: FakeStore | None = None) -> None:
        self.inference = FakeInference()
        self.counts = Counts()
        self.store = store
        self.cache = CachedInference(self.inference, KEYS, LruCache(memory_bytes), self.counts, store, sizes=SIZES)

    def ask(self, *jobs: Job, deadline: float = DEADLINE) -> "asyncio.Task[list[JobAnswer]]":
        return asyncio.create_task(self.cache.compute(jobs, deadline))

    async def asked(self, *jobs: Job, deadline: float = DEADLINE) -> "asyncio.Task[list[JobAnswer]]":
        """Ask, and come back when the request waits for its answer."""
        task = self.ask(*jobs, deadline=deadline)
        await settle()
        return task


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def open_scene(scene: Scene) -> Scene:
    """With an inference that answers at once."""
    scene.inference.gate.set()
    return scene


def results(answers: list[JobAnswer]) -> list[object]:
    return [answer.result for answer in answers]


def expected(*jobs: Job) -> list[object]:
    return [answer_to(job).result for job in jobs]


async def test_what_was_computed_once_is_known_and_says_so(open_scene: Scene) -> None:
    first = await open_scene.ask(A)
    again = await open_scene.ask(fill_mask(1))
    assert results(first) == results(again) == expected(A)
    assert [answer.cached for answer in first + again] == [False, True]
    assert (again[0].queue_seconds, again[0].infer_seconds) == (0, 0)
    assert open_scene.inference.asked == [[A]]
    assert (open_scene.counts.hits, open_scene.counts.misses) == (1, 1)


async def test_of_several_jobs_only_the_unknown_are_computed_and_the_order_is_kept(open_scene: Scene) -> None:
    await open_scene.ask(B)
    answers = await open_scene.ask(A, B, C, A)
    assert results(answers) == expected(A, B, C, A)
    assert open_scene.inference.asked == [[B], [A, C]]


async def test_equal_jobs_at_the_same_time_are_computed_once(scene: Scene) -> None:
    tasks = [await scene.asked(A), await scene.asked(A, B), await scene.asked(B, A)]
    scene.inference.gate.set()
    assert [results(answers) for answers in await asyncio.gather(*tasks)] == [
        expected(A),
        expected(A, B),
        expected(B, A),
    ]
    assert scene.inference.asked == [[A], [B]]
    assert (scene.counts.hits, scene.counts.misses) == (3, 2)


async def test_who_joins_late_is_told_times_no_longer_than_it_waited(scene: Scene) -> None:
    first = await scene.asked(A)
    began = time.monotonic()
    second = await scene.asked(A)
    scene.inference.gate.set()
    (own,), (joined,) = await first, await second
    assert (own.queue_seconds, own.infer_seconds) == (100, 200)
    assert 0 <= joined.queue_seconds + joined.infer_seconds <= time.monotonic() - began


async def test_one_that_leaves_does_not_take_the_answer_from_the_others(scene: Scene) -> None:
    first, second = await scene.asked(A), await scene.asked(A)
    first.cancel()
    await settle()
    assert scene.inference.cancelled == 0
    scene.inference.gate.set()
    assert results(await second) == expected(A)
    assert first.cancelled()


async def test_the_last_one_to_leave_ends_the_computation_and_the_next_one_begins_anew(scene: Scene) -> None:
    tasks = [await scene.asked(A, B), await scene.asked(B)]
    for task in tasks:
        task.cancel()
    third = scene.ask(B)  # in the same turn of the loop: it must not join what is being cancelled
    await settle()
    assert scene.inference.cancelled == 1
    scene.inference.gate.set()
    assert results(await third) == expected(B)
    assert scene.inference.asked == [[A, B], [B]]


async def test_a_request_that_leaves_while_it_waits_for_two_computations_leaves_both(scene: Scene) -> None:
    other = await scene.asked(A)
    both = await scene.asked(A, B)
    both.cancel()
    await settle()
    assert scene.inference.cancelled == 1  # that of B
    other.cancel()
    await settle()
    assert scene.inference.cancelled == 2


async def test_a_refusal_is_the_leaders_alone(scene: Scene) -> None:
    scene.inference.failures = [REFUSED]
    first, second = await scene.asked(A, deadline=1.0), await scene.asked(A, deadline=2.0)
    scene.inference.gate.set()
    with pytest.raises(RefusedError):
        await first
    assert results(await second) == expected(A)
    assert scene.inference.deadlines == [1.0, 2.0]


async def test_requests_whose_leaders_were_refused_twice_are_on_their_own(scene: Scene) -> None:
    scene.inference.failures = [REFUSED, REFUSED]
    tasks = [await scene.asked(A) for _ in range(20)]
    for number_asked in (1, 2):
        assert len(scene.inference.asked) == number_asked
        gate, scene.inference.gate = scene.inference.gate, asyncio.Event()
        gate.set()
        await settle()
    assert len(scene.inference.asked) == 20  # and not one after the other
    scene.inference.gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(outcome, RefusedError) for outcome in outcomes) == 2


async def test_nobody_joins_what_may_end_after_its_own_deadline(scene: Scene) -> None:
    late, early = await scene.asked(A, deadline=20.0), await scene.asked(A, deadline=10.0)
    joins_early = await scene.asked(A, deadline=15.0)
    assert scene.inference.deadlines == [20.0, 10.0]
    scene.inference.gate.set()
    for task in (late, early, joins_early):
        assert results(await task) == expected(A)


async def test_a_request_is_refused_at_once_even_while_it_waits_for_another_computation(scene: Scene) -> None:
    other = await scene.asked(A)
    scene.inference.failures = [REFUSED]
    gate, scene.inference.gate = scene.inference.gate, asyncio.Event()
    scene.inference.gate.set()
    with pytest.raises(RefusedError):
        await scene.ask(A, B)
    gate.set()
    assert results(await other) == expected(A)


async def test_a_job_that_breaks_the_engine_fails_all_who_asked_for_it(scene: Scene) -> None:
    scene.inference.failures = [EngineError("broken")]
    tasks = [await scene.asked(A), await scene.asked(A)]
    scene.inference.gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["broken", "broken"]


async def test_a_job_does_not_suffer_from_another_one_of_the_request_that_it_joined(scene: Scene) -> None:
    scene.inference.failures = [EngineError("B breaks it")]
    first, second = await scene.asked(A, B), await scene.asked(A)
    scene.inference.gate.set()
    with pytest.raises(EngineError):
        await first
    assert results(await second) == expected(A)


async def test_a_failure_is_not_remembered(open_scene: Scene) -> None:
    open_scene.inference.failures = [EngineError("once")]
    with pytest.raises(EngineError):
        await open_scene.ask(A)
    assert results(await open_scene.ask(A)) == expected(A)


async def test_without_memory_equal_jobs_are_still_shared_while_they_run() -> None:
    scene = Scene(memory_bytes=0)
    tasks = [await scene.asked(A), await scene.asked(A)]
    scene.inference.gate.set()
    await asyncio.gather(*tasks)
    assert scene.inference.asked == [[A]]
    await scene.ask(A)
    assert scene.inference.asked == [[A], [A]]


async def test_what_another_process_computed_is_not_computed_again() -> None:
    store = FakeStore()
    first, second = Scene(store=store), Scene(store=store)
    for scene in (first, second):
        scene.inference.gate.set()
    await first.ask(A, B)
    answers = await second.ask(B, C, A)
    assert results(answers) == expected(B, C, A)
    assert [answer.cached for answer in answers] == [True, False, True]
    assert second.inference.asked == [[C]]
    assert (second.counts.hits, second.counts.misses) == (2, 1)
    await second.ask(A, B, C)
    assert store.lookups == 2  # from memory by now


async def test_rubbish_in_the_shared_store_counts_as_nothing(caplog: pytest.LogCaptureFixture) -> None:
    store = FakeStore()
    scene = Scene(store=store)
    scene.inference.gate.set()
    no_row_for_the_mask, no_candidate, no_probability = encode(()), encode(((),)), encode(((ScoredToken(1, 7.5),),))
    for rubbish in (b"", b"\xff\xff", no_row_for_the_mask, no_candidate, no_probability):
        store.values = {KEYS.of(A): rubbish}
        scene.cache.memory.discard(KEYS.of(A))
        assert results(await scene.ask(A)) == expected(A)
    assert len(scene.inference.asked) == 5
    assert caplog.text.count("no result") == 5


async def test_a_vector_of_another_length_in_the_shared_store_counts_as_nothing() -> None:
    store = FakeStore()
    store.values = {KEYS.of(VECTOR): np.ones(2, dtype="<f4").tobytes()}
    scene = Scene(store=store)
    scene.inference.gate.set()
    scene.inference.answer = lambda _: JobAnswer(np.zeros(3, dtype=np.float32))
    (answer,) = await scene.ask(VECTOR)
    assert isinstance(answer.result, np.ndarray)
    assert answer.result.tolist() == [0, 0, 0]


async def test_a_vector_that_several_requests_get_can_be_changed_by_none(open_scene: Scene) -> None:
    vector = np.ones(3, dtype=np.float32)
    open_scene.inference.answer = lambda _: JobAnswer(vector)
    first, joined = await asyncio.gather(open_scene.ask(VECTOR), open_scene.ask(VECTOR))
    known = await open_scene.ask(VECTOR)
    for (answer,) in (first, joined, known):
        assert isinstance(answer.result, np.ndarray)
        assert answer.result.tolist() == [1, 1, 1]
        assert not answer.result.flags.writeable


async def test_closing_closes_the_shared_store() -> None:
    store = FakeStore()
    await Scene(store=store).cache.close()
    assert store.closed
    await Scene().cache.close()
