import asyncio
from collections.abc import Callable, Iterator

import pytest

from bert_server.inference.idle_check import repeat_when_idle
from bert_server.inference.scheduler import Scheduler
from tests.unit.server.scheduling_fakes import Recorder


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    scheduler = Scheduler(queue_size=4, max_batch_tokens=64, observer=Recorder())
    yield scheduler
    assert scheduler.stop(wait_seconds=10)


async def reports_of(scheduler: Scheduler, check: Callable[[], None], wanted: int) -> list[Exception | None]:
    """The first reports of a check that is repeated as fast as can be."""
    reports: list[Exception | None] = []
    enough = asyncio.Event()

    def report(error: Exception | None) -> None:
        reports.append(error)
        if len(reports) == wanted:
            enough.set()

    repeating = asyncio.create_task(repeat_when_idle(scheduler, [check], 0.001, report))
    await enough.wait()
    repeating.cancel()
    await asyncio.gather(repeating, return_exceptions=True)
    return reports[:wanted]


async def test_each_repetition_is_reported_and_a_failure_need_not_be_the_end(scheduler: Scheduler) -> None:
    failure = ValueError("another answer than recorded")
    outcomes = iter([None, failure, None])

    def check() -> None:
        outcome = next(outcomes, None)
        if outcome is not None:
            raise outcome

    assert await reports_of(scheduler, check, wanted=3) == [None, failure, None]


async def test_an_interval_of_zero_means_never(scheduler: Scheduler) -> None:
    def check() -> None:
        raise AssertionError("must not be called")

    await repeat_when_idle(scheduler, [check], 0, lambda error: pytest.fail(str(error)))
