"""What is let in, on a clock of its own."""

import asyncio
from collections.abc import Sequence

import pytest

from bert_server.inference.admission import Schedule
from bert_server.inference.backlog import Backlog, Batch
from bert_server.inference.contract import RefusedError
from bert_server.inference.cost import Line
from bert_server.inference.requests import Request, Waiting
from tests.unit.server.scheduling_fakes import MODEL, Echo, job

BUDGET_TOKENS = 64
BATCH_SECONDS = 1.0
GROUP = job().batch_group
ECHO = Echo()


class Engine:
    """A backlog whose full batches are known to take `BATCH_SECONDS`, and the clock."""

    def __init__(self) -> None:
        self.backlog = Backlog(queue_size=1000, max_batch_tokens=BUDGET_TOKENS)
        self.now = 1000.0
        for tokens in (BUDGET_TOKENS // 2, BUDGET_TOKENS):
            self.backlog.costs.observe(MODEL, GROUP, tokens, BATCH_SECONDS * tokens / BUDGET_TOKENS)

    def ask(self, patience_seconds: float, *, batches: int = 1, first: int = 1) -> RefusedError | None:
        """A request of so many full batches."""
        schedule = Schedule.of(self.now, self.now + patience_seconds)
        line: Line = self.backlog.costs.line(MODEL, GROUP)
        request = Request(batches, asyncio.get_running_loop())
        arriving = [
            Waiting(
                job(first, BUDGET_TOKENS), ECHO, request, index, self.now, schedule, GROUP,
                line.share_seconds(BUDGET_TOKENS, BUDGET_TOKENS),
            )
            for index in range(batches)
        ]  # fmt: skip
        return self.backlog.admit(arriving, line.overhead_seconds, self.now)

    def take(self) -> Batch:
        batch, _ = self.backlog.take(self.now)
        assert batch is not None
        return batch

    def run(self, *, slower: float = 1.0) -> list[int]:
        """Do all that waits; the first tokens of the jobs, in the order of their batches."""
        order = []
        while self.backlog.jobs:
            batch = self.take()
            order += firsts(batch.waiting)
            seconds = slower * BATCH_SECONDS
            self.now += seconds
            self.backlog.finished(batch, seconds)
        return order


def firsts(waiting: Sequence[Waiting]) -> list[int]:
    return [int(one.job.token_ids[0]) for one in waiting]


@pytest.fixture
async def engine() -> Engine:
    return Engine()


async def test_an_idle_engine_tries_what_the_prediction_says_is_too_much(engine: Engine) -> None:
    assert engine.ask(patience_seconds=0.5 * BATCH_SECONDS) is None


async def test_there_is_one_trial_at_a_time(engine: Engine) -> None:
    assert engine.ask(patience_seconds=0.5) is None
    assert engine.ask(patience_seconds=0.5) is not None  # the first one waits
    batch = engine.take()
    assert engine.ask(patience_seconds=0.5) is not None  # it runs
    engine.backlog.finished(batch, BATCH_SECONDS)
    assert engine.ask(patience_seconds=0.5) is None


async def test_a_trial_after_a_batch_that_failed_is_possible(engine: Engine) -> None:
    engine.ask(patience_seconds=0.5)
    engine.take()
    engine.backlog.failed()
    assert engine.ask(patience_seconds=0.5) is None


async def test_a_trial_of_many_batches_needs_some_hope(engine: Engine) -> None:
    assert engine.ask(patience_seconds=10, batches=100) is not None
    assert engine.ask(patience_seconds=10, batches=20) is None


async def test_a_trial_keeps_nobody_waiting(engine: Engine) -> None:
    assert engine.ask(patience_seconds=10, batches=20, first=7) is None
    assert engine.ask(patience_seconds=10, first=1) is None
    assert engine.ask(patience_seconds=60, first=2) is None
    assert engine.run(slower=0.25) == [1, 2, *[7] * 20]


async def test_the_pace_of_a_slow_backlog_is_forgotten_when_the_load_is_over(engine: Engine) -> None:
    engine.ask(patience_seconds=100, batches=20)
    engine.run(slower=4)
    for _ in range(50):
        engine.ask(patience_seconds=100)
        engine.run()
    engine.ask(patience_seconds=100, batches=10)
    assert engine.backlog.wait_seconds(engine.now) == pytest.approx(10 * BATCH_SECONDS, rel=0.1)
