import asyncio
import math
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest

from bert_server.inference.contract import EngineError, RefusalReason, RefusedError
from bert_server.inference.jobs import Job, JobResult, Pooling
from bert_server.inference.priming import encoder_batches
from bert_server.inference.scheduler import Scheduler
from tests.unit.server.scheduling_fakes import MODEL, Echo, Recorder, identity, job

LONG_SECONDS = 60.0


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.gate.set()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
async def scheduler(echo: Echo, recorder: Recorder) -> AsyncIterator[Scheduler]:
    scheduler = Scheduler(queue_size=4, max_batch_tokens=64, observer=recorder)
    scheduler.register(MODEL, echo)
    yield scheduler
    echo.gate.set()
    assert scheduler.stop(wait_seconds=10)


def soon() -> float:
    return time.monotonic() + LONG_SECONDS


async def occupy(scheduler: Scheduler, echo: Echo) -> "asyncio.Task[object]":
    """Have the engine compute job 0 until its gate opens."""
    echo.gate.clear()
    running = asyncio.create_task(scheduler.compute([job(0)], soon()))
    await asyncio.to_thread(echo.inside.wait)
    return running


async def test_each_job_gets_its_own_result_with_its_times(scheduler: Scheduler, recorder: Recorder) -> None:
    answers = await scheduler.compute([job(1), job(2), job(3, tokens=20)], soon())
    assert [identity(answer.result) for answer in answers] == [1, 2, 3]
    assert all(answer.infer_seconds > 0 and answer.queue_seconds >= 0 and not answer.cached for answer in answers)
    assert sum(record.jobs for record in recorder.records) == len(recorder.waits) == 3


async def test_no_jobs_need_no_inference(scheduler: Scheduler, echo: Echo) -> None:
    assert await scheduler.compute([], soon()) == []
    assert echo.batches == []


async def test_what_waits_together_runs_together(scheduler: Scheduler, echo: Echo, recorder: Recorder) -> None:
    running = await occupy(scheduler, echo)
    others = [asyncio.create_task(scheduler.compute([job(first)], soon())) for first in (1, 2, 3)]
    await asyncio.sleep(0)
    echo.gate.set()
    await asyncio.gather(running, *others)
    assert echo.batches == [(0,), (1, 2, 3)]
    assert [(record.jobs, record.tokens, record.padded_tokens) for record in recorder.records] == [
        (1, 8, 8),
        (3, 24, 24),
    ]


async def test_a_batch_keeps_to_its_budget_of_tokens_and_to_the_order_of_turns(
    scheduler: Scheduler, echo: Echo
) -> None:
    running = await occupy(scheduler, echo)
    lengths = [40, 16, 16, 100]
    others = [
        asyncio.create_task(scheduler.compute([job(first, tokens)], soon() + first))
        for first, tokens in enumerate(lengths, 1)
    ]
    await asyncio.sleep(0)
    echo.gate.set()
    await asyncio.gather(running, *others)
    assert echo.batches == [(0,), (1, 2), (3,), (4,)]


async def test_jobs_of_different_groups_never_share_a_batch(scheduler: Scheduler, echo: Echo) -> None:
    running = await occupy(scheduler, echo)
    mixed = asyncio.create_task(scheduler.compute([job(1), job(2, pooling=Pooling.MEAN)], soon()))
    await asyncio.sleep(0)
    echo.gate.set()
    await asyncio.gather(running, mixed)
    assert sorted(echo.batches) == [(0,), (1,), (2,)]


async def test_a_late_job_that_is_urgent_goes_first(scheduler: Scheduler, echo: Echo) -> None:
    running = await occupy(scheduler, echo)
    patient = asyncio.create_task(scheduler.compute([job(1, tokens=64)], soon()))
    await asyncio.sleep(0)
    urgent = asyncio.create_task(scheduler.compute([job(2, tokens=64)], time.monotonic() + LONG_SECONDS / 2))
    await asyncio.sleep(0)
    echo.gate.set()
    await asyncio.gather(running, patient, urgent)
    assert echo.batches == [(0,), (2,), (1,)]


async def test_a_job_that_breaks_the_engine_breaks_no_other(
    scheduler: Scheduler, echo: Echo, recorder: Recorder
) -> None:
    echo.poison = {2}
    running = await occupy(scheduler, echo)
    others = [asyncio.create_task(scheduler.compute([job(first)], soon())) for first in (1, 2, 3)]
    await asyncio.sleep(0)
    echo.gate.set()
    await running
    good, bad, also_good = await asyncio.gather(*others, return_exceptions=True)
    assert isinstance(bad, EngineError)
    assert isinstance(bad.__cause__, ValueError)
    assert [identity(answers[0].result) for answers in (good, also_good)] == [1, 3]  # type: ignore[index]
    assert echo.batches == [(0,), (1, 2, 3), (1,), (2,), (3,)]
    assert len(recorder.records) == 1


@pytest.mark.parametrize("spoil", [lambda results: results[:-1], lambda results: [*results, results[0]]])
async def test_a_wrong_number_of_results_is_no_result(scheduler: Scheduler, echo: Echo, spoil: object) -> None:
    echo.spoil = spoil  # type: ignore[assignment]
    with pytest.raises(EngineError, match=r"gave [02] results for 1 jobs"):
        await scheduler.compute([job()], soon())


async def test_a_full_queue_refuses_at_once_and_has_room_again(
    scheduler: Scheduler, echo: Echo, recorder: Recorder
) -> None:
    running = await occupy(scheduler, echo)
    waiting = asyncio.create_task(scheduler.compute([job(1), job(2), job(3)], soon()))
    await asyncio.sleep(0)
    with pytest.raises(RefusedError) as caught:
        await scheduler.compute([job(4), job(5)], soon())
    assert caught.value.reason is RefusalReason.QUEUE_FULL
    assert recorder.refusals == [RefusalReason.QUEUE_FULL]
    assert scheduler.waiting_jobs == 3
    echo.gate.set()
    await asyncio.gather(running, waiting)
    assert len(await scheduler.compute([job(4), job(5)], soon())) == 2


async def test_a_request_larger_than_the_queue_is_let_in_when_nothing_waits(scheduler: Scheduler) -> None:
    assert len(await scheduler.compute([job(first) for first in range(9)], soon())) == 9


async def test_a_job_whose_client_went_away_is_not_done(scheduler: Scheduler, echo: Echo) -> None:
    running = await occupy(scheduler, echo)
    abandoned = asyncio.create_task(scheduler.compute([job(1), job(2)], soon()))
    await asyncio.sleep(0)
    abandoned.cancel()
    await asyncio.gather(abandoned, return_exceptions=True)
    assert scheduler.waiting_jobs == 0
    echo.gate.set()
    await running
    await scheduler.compute([job(3)], soon())
    assert echo.batches == [(0,), (3,)]


async def test_a_deadline_that_passes_while_waiting_is_refused_then(
    scheduler: Scheduler, echo: Echo, recorder: Recorder
) -> None:
    running = await occupy(scheduler, echo)
    with pytest.raises(RefusedError) as caught:
        await scheduler.compute([job(1)], time.monotonic() + 0.02)
    assert caught.value.reason is RefusalReason.EXPIRED
    echo.gate.set()
    await running
    await scheduler.compute([job(2)], soon())
    assert echo.batches == [(0,), (2,)]
    assert recorder.refusals == [RefusalReason.EXPIRED]


async def test_a_deadline_in_the_past_is_refused_at_once(scheduler: Scheduler, echo: Echo) -> None:
    with pytest.raises(RefusedError, match="expired"):
        await scheduler.compute([job()], time.monotonic() - 1)
    assert echo.batches == []


async def test_what_runs_when_its_deadline_passes_is_still_answered(scheduler: Scheduler, echo: Echo) -> None:
    echo.gate.clear()
    late = asyncio.create_task(scheduler.compute([job(7)], time.monotonic() + 0.5))
    await asyncio.to_thread(echo.inside.wait)
    await asyncio.sleep(0.6)
    echo.gate.set()
    assert [identity(answer.result) for answer in await late] == [7]


async def test_nobody_waits_for_ever_for_an_engine_that_hangs(scheduler: Scheduler, echo: Echo) -> None:
    echo.gate.clear()
    with pytest.raises(RefusedError, match="expired"):
        await scheduler.compute([job(7)], time.monotonic() + 0.03)
    assert scheduler.busy_seconds() > 0.03


async def test_an_endless_deadline_is_one(scheduler: Scheduler) -> None:
    assert len(await scheduler.compute([job()], math.inf)) == 1


async def test_slow_batches_teach_to_refuse_what_cannot_be_done_in_time(recorder: Recorder) -> None:
    slow = Echo(seconds_per_batch=0.02)
    scheduler = Scheduler(queue_size=1000, max_batch_tokens=64, observer=recorder)
    scheduler.register(MODEL, slow)
    await scheduler.compute([job(tokens=64)], soon())
    burst = [asyncio.create_task(scheduler.compute([job(tokens=64)], time.monotonic() + 1)) for _ in range(150)]
    answers = await asyncio.gather(*burst, return_exceptions=True)
    errors = [error for error in answers if isinstance(error, RefusedError)]
    refused = [error for error in errors if error.reason is RefusalReason.DEADLINE]
    assert 90 <= len(refused) < 150
    assert all(0 < error.retry_after_seconds < 2 for error in refused)
    assert scheduler.stop(wait_seconds=10)


async def test_a_primed_scheduler_refuses_its_first_rush_as_far_as_that_cannot_be_done_in_time(
    recorder: Recorder,
) -> None:
    slow = Echo(seconds_per_batch=0.02)
    scheduler = Scheduler(queue_size=1000, max_batch_tokens=64, observer=recorder)
    scheduler.register(MODEL, slow)
    await scheduler.prime(MODEL, encoder_batches(MODEL, max_tokens=64))
    with pytest.raises(RefusedError, match="deadline"):
        await scheduler.compute([job(first, tokens=64) for first in range(100)], time.monotonic() + 0.1)
    assert len(await scheduler.compute([job()], soon())) == 1
    assert [record.predicted_seconds > 0.015 for record in recorder.records] == [True]
    assert scheduler.stop(wait_seconds=10)


async def test_a_server_that_was_slow_for_a_while_is_used_again_when_it_is_fast_again(
    scheduler: Scheduler, echo: Echo, recorder: Recorder
) -> None:
    patience_seconds = 1.0
    echo.seconds_per_batch = 0.9
    await scheduler.compute([job()], time.monotonic() + patience_seconds)
    echo.seconds_per_batch = 0.001
    for _ in range(20):
        await scheduler.compute([job()], time.monotonic() + patience_seconds)
    assert recorder.refusals == []
    assert recorder.records[-1].predicted_seconds < 0.1


async def test_an_overloaded_scheduler_says_so_without_being_asked_to_compute(
    scheduler: Scheduler, echo: Echo, recorder: Recorder
) -> None:
    assert scheduler.refusal(patience_seconds=1) is None
    running = await occupy(scheduler, echo)
    waiting = asyncio.create_task(scheduler.compute([job(first) for first in range(1, 5)], soon()))
    await asyncio.sleep(0)
    refused = scheduler.refusal(patience_seconds=1)
    assert refused is not None
    assert refused.reason is RefusalReason.QUEUE_FULL
    assert recorder.refusals == [RefusalReason.QUEUE_FULL]
    echo.gate.set()
    await asyncio.gather(running, waiting)


async def test_calls_run_on_the_inference_thread_and_their_outcome_reaches_who_asked(scheduler: Scheduler) -> None:
    assert await scheduler.run(threading.get_ident) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        await scheduler.run(lambda: 1 // 0)


async def test_an_idle_call_lets_all_jobs_go_first(scheduler: Scheduler, echo: Echo) -> None:
    running = await occupy(scheduler, echo)
    idle = asyncio.create_task(scheduler.run(lambda: list(echo.batches), when_idle=True))
    await asyncio.sleep(0)
    later = asyncio.create_task(scheduler.compute([job(1)], soon()))
    await asyncio.sleep(0)
    echo.gate.set()
    await asyncio.gather(running, later)
    assert await idle == [(0,), (1,)]


async def test_a_running_job_shows_as_busy_and_an_idle_scheduler_does_not(scheduler: Scheduler, echo: Echo) -> None:
    running = await occupy(scheduler, echo)
    assert scheduler.busy_seconds() > 0
    echo.gate.set()
    await running
    await scheduler.run(lambda: None)
    while scheduler.busy_seconds() > 0:  # noqa: ASYNC110  there is no event for it
        await asyncio.sleep(0.001)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_dead_thread_is_busy_for_ever_and_refuses(recorder: Recorder) -> None:
    scheduler = Scheduler(queue_size=4, max_batch_tokens=64, observer=recorder)

    class Deadly(Echo):
        def run(self, jobs: Sequence[Job]) -> Sequence[JobResult]:
            raise SystemExit

    scheduler.register(MODEL, Deadly())
    with pytest.raises(RefusedError, match="expired"):
        await scheduler.compute([job()], time.monotonic() + 1)  # a busy machine must come to run it before that
    assert scheduler.busy_seconds() == math.inf
    with pytest.raises(RefusedError, match="stopping"):
        await scheduler.compute([job()], soon())


async def test_stopping_finishes_what_waits_and_refuses_what_comes(scheduler: Scheduler, echo: Echo) -> None:
    running = await occupy(scheduler, echo)
    waiting = asyncio.create_task(scheduler.compute([job(1)], soon()))
    await asyncio.sleep(0)
    assert not scheduler.stop()
    with pytest.raises(RefusedError, match="stopping"):
        await scheduler.compute([job(2)], soon())
    echo.gate.set()
    await asyncio.gather(running, waiting)
    assert scheduler.stop(wait_seconds=10)
    assert echo.batches == [(0,), (1,)]
