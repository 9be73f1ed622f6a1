"""Runs begin, are tried again, and end; a scripted runner, and sleeps that the test ends."""

import asyncio
from dataclasses import dataclass, field

import pytest

from bertrelease_operator.adapters.errors import UnreachableError
from bertrelease_operator.adapters.gates.contract import GateQuestion, GateRunner
from bertrelease_operator.api.gates import Gate, GateKind
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult, GateRun, definition_of
from bertrelease_operator.render.metadata import Owner
from bertrelease_operator.runtime.gates import LONGEST_WAIT_SECONDS, GateKeeper
from tests.unit.operator.adapters.gates.questions import RECORD

KEY = ("default", "bert")
PASS, FAIL = GateResult(Verdict.PASS, "good"), GateResult(Verdict.FAIL, "bad")
GONE, GOES_ON = GateResult(Verdict.NO_DATA, "away"), GateResult(Verdict.INCONCLUSIVE, "half")


def question(attempt: int = 1, **changes: object) -> GateQuestion:
    gate = Gate.model_validate({"name": "cases", "kind": "webhook", "webhook": {"url": "http://judge"}, **changes})
    return GateQuestion(
        namespace="default",
        release="bert",
        run=GateRun("cases", GateKind.WEBHOOK, "v1.1.0", "v1.0.0", attempt, "traffic", definition_of(gate)),
        gate=gate,
        urls={},
        api_keys={},
        owner=Owner("BertRevision", "bert-v1-1-0", "default", "uid"),
        record=RECORD,
        image=None,
        fingerprint=None,
    )


@dataclass
class Stage(GateRunner):
    """A runner that gives `answers` one after another, and then hangs."""

    answers: list[GateResult | Exception] = field(default_factory=list)
    asked: list[GateQuestion] = field(default_factory=list)
    cleaned: list[GateQuestion] = field(default_factory=list)
    told: list[bool] = field(default_factory=list)
    slept_seconds: list[float] = field(default_factory=list)
    cancelled: int = 0

    def __post_init__(self) -> None:
        self.keeper = GateKeeper({GateKind.WEBHOOK: self}, self.hear, sleep=self.sleep)

    async def run(self, question: GateQuestion) -> GateResult:
        self.asked.append(question)
        if not self.answers:
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def clean_up(self, question: GateQuestion) -> None:
        self.cleaned.append(question)
        raise UnreachableError("away")

    def hear(self, _release: tuple[str, str], *, urgent: bool) -> None:
        self.told.append(urgent)

    async def sleep(self, seconds: float) -> None:
        self.slept_seconds.append(seconds)
        await asyncio.sleep(0)

    async def settled(self) -> None:
        for _ in range(60):
            await asyncio.sleep(0)

    def verdicts(self) -> list[Verdict]:
        return [result.verdict for result in self.keeper.results(KEY).values()]


@pytest.fixture
async def stage() -> Stage:
    return Stage()


async def test_a_result_wakes_the_release_and_stays_while_it_is_wanted(stage: Stage) -> None:
    stage.answers = [PASS]
    stage.keeper.want(KEY, [question()])
    assert stage.keeper.results(KEY) == {}
    await stage.settled()
    stage.keeper.want(KEY, [question()])
    await stage.settled()
    assert stage.keeper.results(KEY) == {question().run: PASS}
    assert (len(stage.asked), stage.told, stage.slept_seconds) == (1, [False], [])
    stage.keeper.want(KEY, [])
    await stage.settled()
    assert (stage.keeper.results(KEY), stage.cleaned) == ({}, [])


async def test_a_failure_is_urgent(stage: Stage) -> None:
    stage.answers = [FAIL]
    stage.keeper.want(KEY, [question()])
    await stage.settled()
    assert stage.told == [True]


async def test_without_data_it_asks_again_ever_more_slowly(stage: Stage) -> None:
    stage.answers = [*[GONE] * 8, GOES_ON, GOES_ON, PASS]
    stage.keeper.want(KEY, [question()])
    await stage.settled()
    assert stage.slept_seconds == [1, 2, 4, 8, 16, *[LONGEST_WAIT_SECONDS] * 3, LONGEST_WAIT_SECONDS, 1]
    assert stage.verdicts() == [Verdict.PASS]
    assert len(stage.told) == 3  # what stays the same is told once


async def test_a_result_may_say_when_to_ask_again(stage: Stage) -> None:
    stage.answers = [GateResult(Verdict.INCONCLUSIVE, "wait", again_in_seconds=7), PASS]
    stage.keeper.want(KEY, [question()])
    await stage.settled()
    assert stage.slept_seconds == [7]


async def test_a_fault_of_a_runner_is_no_data(stage: Stage) -> None:
    stage.answers = [RuntimeError("broken"), PASS]
    stage.keeper.want(KEY, [question()])
    await asyncio.sleep(0)
    assert stage.verdicts() == [Verdict.NO_DATA]
    await stage.settled()
    assert stage.verdicts() == [Verdict.PASS]


async def test_what_is_not_wanted_any_more_is_cancelled_and_cleaned_up_after(stage: Stage) -> None:
    stage.keeper.want(KEY, [question()])
    await stage.settled()
    stage.keeper.want(KEY, [question(attempt=2)])
    await stage.settled()
    assert (stage.cancelled, stage.cleaned) == (1, [question()])
    assert [asked.run.attempt for asked in stage.asked] == [1, 2]
    stage.keeper.stop()


async def test_a_gate_that_was_edited_begins_anew(stage: Stage) -> None:
    stage.keeper.want(KEY, [question()])
    await stage.settled()
    stage.keeper.want(KEY, [question(deadlineSeconds=99)])
    await stage.settled()
    assert (stage.cancelled, len(stage.asked), stage.cleaned) == (1, 2, [question()])
    stage.keeper.stop()


async def test_an_operator_that_stops_leaves_its_runs_to_the_next_one(stage: Stage) -> None:
    stage.keeper.want(KEY, [question()])
    await stage.settled()
    stage.keeper.stop()
    await stage.settled()
    assert (stage.cancelled, stage.cleaned, stage.keeper.results(KEY)) == (1, [], {})
