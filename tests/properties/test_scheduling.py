"""Batches, admission and order, on simulated time: whatever arrives, what was promised is kept."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_server.inference.admission import Schedule
from bert_server.inference.backlog import Backlog, Batch
from bert_server.inference.cost import Line
from bert_server.inference.requests import Request, Waiting
from tests.unit.server.scheduling_fakes import MODEL, Echo, job

LENGTHS = (8, 16, 24, 32, 40, 48, 64, 96, 128, 192, 256, 512)
BUDGET_TOKENS = 512
# About what a model of bert-base's shape costs on two cores.
TRUE_COST = Line(0.003, 0.00012)
ECHO = Echo()


@pytest.fixture(scope="module", autouse=True)
def _loop() -> Iterator[None]:
    """Requests belong to a loop, though none has to run here."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()


@dataclass(frozen=True)
class Arrival:
    after_seconds: float
    lengths: tuple[int, ...]
    group: str
    patience_seconds: float


@st.composite
def rushes(
    draw: st.DrawFn, groups: str = "aab", patience_seconds: tuple[float, ...] = (1.0, 2.0, 2.0, 20.0)
) -> list[Arrival]:
    """Some seconds of arrivals, up to four times what the engine can do."""
    dice = random.Random(draw(st.integers(0, 2**32)))
    lengths = draw(st.lists(st.sampled_from(LENGTHS), min_size=1, unique=True))
    mean_seconds = sum(TRUE_COST.share_seconds(length, BUDGET_TOKENS) for length in lengths) / len(lengths)
    jobs = draw(st.sampled_from([1, 1, 8]))
    rate_per_second = draw(st.sampled_from([0.5, 1.0, 2.0, 4.0])) / mean_seconds / jobs
    return [
        Arrival(
            after_seconds=dice.expovariate(rate_per_second),
            lengths=tuple(dice.choices(lengths, k=jobs)),
            group=dice.choice(groups),
            patience_seconds=dice.choice(patience_seconds),
        )
        for _ in range(draw(st.integers(0, 500)) // jobs)
    ]


@dataclass
class Simulation:
    """An engine whose batches take exactly as long as `TRUE_COST` says, and a backlog that knows it."""

    backlog: Backlog = field(default_factory=lambda: Backlog(queue_size=10_000, max_batch_tokens=BUDGET_TOKENS))
    now: float = 1000.0
    batches: list[tuple[float, Batch]] = field(default_factory=list)  # with the moment of its end
    expired: list[Waiting] = field(default_factory=list)
    admitted: list[Waiting] = field(default_factory=list)
    refused: int = 0
    rests: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for group in "ab":
            for tokens in (16, 512):
                self.backlog.costs.observe(MODEL, group, tokens, TRUE_COST.seconds(tokens))

    def run(self, arriving: list[Arrival]) -> "Simulation":
        arrives = self.now
        for arrival in arriving:
            arrives += arrival.after_seconds
            self._compute_until(arrives)
            self._arrive(arrival, arrives)
        self._compute_until(float("inf"))
        return self

    def _arrive(self, arrival: Arrival, now: float) -> None:
        schedule = Schedule.of(now, now + arrival.patience_seconds)
        request = Request(len(arrival.lengths), asyncio.get_event_loop())
        waiting = [
            Waiting(
                job(tokens=length), ECHO, request, index, now, schedule, arrival.group,
                TRUE_COST.share_seconds(length, BUDGET_TOKENS),
            )
            for index, length in enumerate(arrival.lengths)
        ]  # fmt: skip
        if self.backlog.admit(waiting, TRUE_COST.overhead_seconds, now) is None:
            self.admitted += waiting
        else:
            self.refused += 1

    def _compute_until(self, moment: float) -> None:
        while self.now <= moment:
            batch, expired = self.backlog.take(self.now)
            self.expired += expired
            if batch is None:
                if not expired:
                    break
                continue
            seconds = TRUE_COST.seconds(batch.tokens)
            self.now += seconds
            self.batches.append((self.now, batch))
            self.backlog.finished(batch, seconds)
        if self.now < moment < float("inf"):
            self.rests.append((self.now, moment))
            self.now = moment

    def lateness_seconds(self) -> list[float]:
        return [ended - waiting.schedule.deadline for ended, batch in self.batches for waiting in batch.waiting]


@given(rushes())
def test_every_admitted_job_runs_once_within_the_budget_and_in_its_own_group(arriving: list[Arrival]) -> None:
    simulation = Simulation().run(arriving)
    ran = [waiting for _, batch in simulation.batches for waiting in batch.waiting]
    assert sorted(map(id, ran + simulation.expired)) == sorted(map(id, simulation.admitted))
    for _, batch in simulation.batches:
        assert batch.tokens == sum(waiting.tokens for waiting in batch.waiting)
        assert batch.tokens <= BUDGET_TOKENS or len(batch.waiting) == 1
        assert len({waiting.group for waiting in batch.waiting}) == 1
    assert simulation.backlog.jobs == 0
    assert simulation.backlog.wait_seconds(simulation.now) == 0


@given(rushes(patience_seconds=(2.0,)))
def test_what_was_admitted_is_done_in_time(arriving: list[Arrival]) -> None:
    simulation = Simulation().run(arriving)
    assert simulation.expired == []
    assert [late for late in simulation.lateness_seconds() if late > 0] == []


@given(rushes())
def test_with_deadlines_of_all_kinds_nothing_is_later_than_a_batch_takes(arriving: list[Arrival]) -> None:
    simulation = Simulation().run(arriving)
    assert max(simulation.lateness_seconds(), default=0.0) <= TRUE_COST.seconds(BUDGET_TOKENS)
    assert len(simulation.expired) <= 0.01 * len(simulation.admitted)


@given(rushes())
def test_nothing_starves_because_every_batch_holds_the_job_whose_turn_it_is(arriving: list[Arrival]) -> None:
    simulation = Simulation().run(arriving)
    done: dict[int, float] = {}
    for _, batch in simulation.batches:
        done |= dict.fromkeys(map(id, batch.waiting), batch.taken)
    for _, batch in simulation.batches:
        turn = min(waiting.schedule.turn for waiting in batch.waiting)
        passed_over = [
            waiting
            for waiting in simulation.admitted
            if waiting.arrived <= batch.taken < done.get(id(waiting), 0.0) and waiting.schedule.turn < turn
        ]
        assert passed_over == []


@given(rushes())
def test_the_engine_rests_only_when_nothing_waits(arriving: list[Arrival]) -> None:
    simulation = Simulation().run(arriving)
    for since, until in simulation.rests:
        for _, batch in simulation.batches:
            assert not any(waiting.arrived <= since and batch.taken >= until for waiting in batch.waiting)


@given(st.lists(st.sampled_from(LENGTHS), min_size=1, max_size=20))
def test_an_idle_engine_refuses_nothing_that_it_can_do(lengths: list[int]) -> None:
    apart = [Arrival(1.0, (length,), "a", 0.3) for length in lengths]
    assert Simulation().run(apart).refused == 0
