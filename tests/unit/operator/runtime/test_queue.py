"""The work queue, with a clock that the tests move."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from bertrelease_operator.runtime import queue as queue_module
from bertrelease_operator.runtime.queue import FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS, WorkQueue


@dataclass
class _Call:
    when: float
    callback: Callable[..., object]
    arguments: tuple[object, ...]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class FakeTimer:
    now: float = 100.0
    calls: list[_Call] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> _Call:
        call = _Call(when, callback, args)
        self.calls.append(call)
        return call

    def advance(self, seconds: float) -> None:
        self.now += seconds
        due = [call for call in self.calls if call.when <= self.now]
        self.calls = [call for call in self.calls if call.when > self.now]
        for call in due:
            if not call.cancelled:
                call.callback(*call.arguments)


@pytest.fixture
def timer() -> FakeTimer:
    return FakeTimer()


@pytest.fixture
def queue(timer: FakeTimer, monkeypatch: pytest.MonkeyPatch) -> WorkQueue[str]:
    monkeypatch.setattr(queue_module, "_JITTER", 0.0)
    return WorkQueue(timer)


async def taken(queue: WorkQueue[str]) -> str | None:
    """The next key; None if nothing is due."""
    return await queue.get() if queue.depth else None


async def test_keys_come_in_the_order_in_which_they_were_added(queue: WorkQueue[str]) -> None:
    queue.add("a")
    queue.add("b")
    assert [await taken(queue), await taken(queue)] == ["a", "b"]


async def test_a_key_that_is_due_already_is_not_queued_twice(queue: WorkQueue[str]) -> None:
    queue.add("a")
    queue.add("a")
    assert await taken(queue) == "a"
    assert queue.depth == 0


async def test_urgent_keys_come_first(queue: WorkQueue[str]) -> None:
    queue.add("a")
    queue.add("b", urgent=True)
    assert [await taken(queue), await taken(queue)] == ["b", "a"]


async def test_a_key_that_is_due_can_become_urgent_but_not_less_so(queue: WorkQueue[str]) -> None:
    for key in ("a", "b"):
        queue.add(key)
    queue.add("b", urgent=True)
    queue.add("b")
    assert queue.depth == 2
    assert await taken(queue) == "b"


async def test_a_key_that_is_added_while_at_work_comes_again_when_that_is_done(queue: WorkQueue[str]) -> None:
    queue.add("a")
    await queue.get()
    queue.add("a")
    assert queue.depth == 0
    queue.done("a")
    assert await taken(queue) == "a"


async def test_a_worker_that_waits_gets_the_next_key(queue: WorkQueue[str]) -> None:
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.add("a")
    assert await waiting == "a"


async def test_several_waiting_workers_get_a_key_each(queue: WorkQueue[str]) -> None:
    waiting = [asyncio.create_task(queue.get()) for _ in range(2)]
    await asyncio.sleep(0)
    queue.add("a")
    queue.add("b")
    assert sorted(await asyncio.gather(*waiting)) == ["a", "b"]


async def test_a_delayed_key_is_due_at_its_time_and_the_earliest_counts(
    queue: WorkQueue[str], timer: FakeTimer
) -> None:
    queue.add_after("a", 10)
    queue.add_after("a", 5)
    queue.add_after("a", 20)
    timer.advance(4.9)
    assert queue.depth == 0
    timer.advance(0.1)
    assert await taken(queue) == "a"
    queue.done("a")
    timer.advance(60)
    assert queue.depth == 0


async def test_failures_delay_a_key_ever_longer_up_to_a_limit(queue: WorkQueue[str], timer: FakeTimer) -> None:
    delays = []
    queue.add("a")
    for _ in range(12):
        await queue.get()
        queue.done("a", failed=True)
        (call,) = timer.calls
        delays.append(call.when - timer.now)
        timer.advance(call.when - timer.now)
    assert delays[:3] == pytest.approx([FIRST_BACKOFF_SECONDS * factor for factor in (1, 2, 4)])
    assert delays[-1] == LONGEST_BACKOFF_SECONDS


async def test_a_success_ends_the_backoff(queue: WorkQueue[str], timer: FakeTimer) -> None:
    for failed in (True, False, True):
        queue.add("a", urgent=True)
        await queue.get()
        queue.done("a", failed=failed)
    assert timer.calls[-1].when - timer.now == pytest.approx(FIRST_BACKOFF_SECONDS)


async def test_only_urgent_news_cut_a_backoff_short(queue: WorkQueue[str]) -> None:
    queue.add("a")
    await queue.get()
    queue.done("a", failed=True)
    queue.add("a")
    assert queue.depth == 0
    queue.add("a", urgent=True)
    assert await taken(queue) == "a"


async def test_the_age_of_the_oldest_key_counts_from_when_it_was_due(queue: WorkQueue[str], timer: FakeTimer) -> None:
    assert queue.oldest_age_seconds() == 0
    queue.add("a")
    timer.advance(3)
    queue.add("b")
    timer.advance(2)
    assert queue.oldest_age_seconds() == 5
    await queue.get()
    timer.advance(1)
    assert queue.oldest_age_seconds() == 3  # "b" has waited longest, "a" has been at work for 1 s


async def test_a_cleared_queue_forgets_delays_but_not_what_is_at_work(queue: WorkQueue[str], timer: FakeTimer) -> None:
    queue.add("a")
    await queue.get()
    queue.add("a")
    queue.add("b")
    queue.add_after("c", 1)
    queue.clear()
    timer.advance(5)
    queue.done("a")
    assert (queue.depth, queue.idle) == (0, True)


async def test_drained_waits_for_what_is_at_work(queue: WorkQueue[str]) -> None:
    queue.add("a")
    await queue.get()
    drained = asyncio.create_task(queue.drained())
    await asyncio.sleep(0)
    assert not drained.done()
    queue.done("a")
    await drained
