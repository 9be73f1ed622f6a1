"""Looks, folded into evidence, with a clock that the tests move."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from bertrelease_operator.adapters.source import PodTarget, Question
from bertrelease_operator.api.health import Health, SourceKind
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.evidence.readings import Look, PodPredictions, PodReading, RequestCounters
from bertrelease_operator.core.observation import Watch
from bertrelease_operator.runtime import watcher
from bertrelease_operator.runtime.watcher import FIGURES_SECONDS, EvidenceWatcher

KEY = ("default", "bert")
WATCH = Watch("v1.1.0", "v1.0.0", "1/step-0")
HEALTH = Health.model_validate({"minimumSample": 10})
OF_ISTIO = Health.model_validate(
    {"minimumSample": 10, "source": {"kind": "prometheus", "url": "http://prometheus:9090", "metrics": "istio"}}
)


@dataclass
class Stage:
    """A source whose figures the test sets, and a clock that stands still until it is moved."""

    now: float = 1000.0
    errors: int = 0
    requests: int = 0
    raises: BaseException | None = None
    edges_ms: tuple[float, ...] = (100.0,)
    cursor: str = ""  # of all pods' predictions
    questions: list[Question] = field(default_factory=list)
    told: list[bool] = field(default_factory=list)
    slept_seconds: list[float] = field(default_factory=list)
    observed: list[bool] = field(default_factory=list)  # of each look, whether it could be used

    def __post_init__(self) -> None:
        self._ticks: asyncio.Queue[float] = asyncio.Queue()
        self.answers = asyncio.Event()  # cleared: the source takes its time
        self.answers.set()
        self.watcher = EvidenceWatcher(
            {SourceKind.PODS: self, SourceKind.PROMETHEUS: self},
            self.targets,
            self.hear,
            lambda _source, look, _seconds: self.observed.append(look is not None),
            now=lambda: self.now,
            sleep=self.sleep,
        )

    async def look(self, question: Question) -> Look:
        self.questions.append(question)
        await self.answers.wait()
        if self.raises is not None:
            raise self.raises
        within = (self.requests,) * len(self.edges_ms)
        counters = RequestCounters(self.requests, self.errors, self.edges_ms, within, self.requests)
        readings = tuple(
            PodReading(version, version, counters=counters, model_loaded=True) for version in question.versions
        )
        told = tuple(PodPredictions(version, version, self.cursor) for version in question.versions)
        return Look(at=self.now, readings=readings, predictions=told)

    def targets(self, _key: tuple[str, str], versions: Iterable[str]) -> tuple[PodTarget, ...]:
        return tuple(PodTarget(version, version, "10.0.0.1", version, ready=True) for version in versions)

    def hear(self, _release: tuple[str, str], *, urgent: bool) -> None:
        self.told.append(urgent)

    async def sleep(self, seconds: float) -> None:
        self.slept_seconds.append(seconds)
        await self._ticks.get()

    async def tick(self, seconds: float = 1.0) -> None:
        """Lets the next look happen."""
        self.now += seconds
        self._ticks.put_nowait(seconds)
        await self.settled()

    async def settled(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    def verdict(self, watch: Watch = WATCH) -> Verdict:
        return self.watcher.evidence(KEY, self.now)[watch].verdict


@pytest.fixture
async def stage() -> Stage:
    return Stage()


async def test_nothing_is_asked_until_something_is_wanted(stage: Stage) -> None:
    await stage.settled()
    assert (stage.questions, stage.watcher.active) == ([], 0)
    assert stage.watcher.evidence(KEY, stage.now) == {}


async def test_a_watch_asks_at_once_and_then_at_every_interval(stage: Stage) -> None:
    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    await stage.tick()
    await stage.tick()
    assert len(stage.questions) == 3
    question = stage.questions[0]
    assert (question.subject, question.baseline, len(question.targets)) == ("v1.1.0", "v1.0.0", 2)
    stage.watcher.stop()


async def test_a_failure_wakes_the_release_urgently(stage: Stage) -> None:
    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    stage.requests, stage.errors = 400, 200
    await stage.tick()
    assert stage.verdict() is Verdict.FAIL
    assert stage.told[-1] is True
    stage.watcher.stop()


async def test_under_suspicion_the_next_look_comes_sooner(stage: Stage) -> None:
    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    stage.requests = 20
    await stage.tick()
    stage.requests, stage.errors = 40, 2
    await stage.tick()
    assert stage.verdict() is not Verdict.FAIL
    assert stage.slept_seconds == pytest.approx([1.0, 1.0, 0.2])
    stage.watcher.stop()


async def test_while_verdicts_stay_the_same_the_release_is_woken_only_for_its_figures(stage: Stage) -> None:
    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    await stage.tick()
    told = len(stage.told)
    for _ in range(int(FIGURES_SECONDS) - 2):
        await stage.tick()
    assert len(stage.told) == told
    await stage.tick(FIGURES_SECONDS)
    assert len(stage.told) == told + 1
    stage.watcher.stop()


async def test_a_new_epoch_starts_from_zero_and_an_old_one_goes_on(stage: Stage) -> None:
    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    stage.requests, stage.errors = 400, 200
    await stage.tick()
    stage.watcher.want(KEY, [WATCH], HEALTH)
    assert stage.verdict() is Verdict.FAIL
    following = Watch("v1.1.0", "v1.0.0", "1/step-1")
    stage.watcher.want(KEY, [following], HEALTH)
    assert set(stage.watcher.evidence(KEY, stage.now)) == {following}
    assert stage.verdict(following) is not Verdict.FAIL
    stage.watcher.stop()


async def test_figures_of_another_source_begin_anew_and_still_find_a_bad_version(stage: Stage) -> None:
    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    stage.requests = 50
    await stage.tick()
    stage.watcher.want(KEY, [WATCH], OF_ISTIO)
    stage.requests, stage.edges_ms = 5000, (0.5, 5.0, 25.0)
    await stage.tick()
    assert stage.verdict() is Verdict.NO_DATA
    stage.requests, stage.errors = 5400, 200
    await stage.tick()
    assert stage.verdict() is Verdict.FAIL
    stage.watcher.stop()


async def test_a_look_that_was_under_way_when_the_source_changed_counts_for_neither(stage: Stage) -> None:
    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    stage.answers.clear()
    await stage.tick()
    stage.watcher.want(KEY, [WATCH], OF_ISTIO)
    stage.answers.set()
    await stage.settled()
    assert stage.watcher.evidence(KEY, stage.now)[WATCH].trail.looks == ()
    await stage.tick()
    assert len(stage.watcher.evidence(KEY, stage.now)[WATCH].trail.looks) == 1
    stage.watcher.stop()


async def test_answers_are_asked_for_only_where_they_are_compared(stage: Stage) -> None:
    compared = Health.model_validate({"predictionDrift": {}})
    alone = Watch("v1.1.0", None, "1/observation")
    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    stage.watcher.want(KEY, [WATCH, alone], compared)
    await stage.tick()
    assert [question.cursors for question in stage.questions] == [None, {}, None]
    stage.cursor = "p-1"
    await stage.tick()
    await stage.tick()
    assert stage.questions[-2].cursors == {"v1.1.0": "p-1", "v1.0.0": "p-1"}
    stage.watcher.stop()


async def test_what_is_no_longer_wanted_is_no_longer_asked_for(stage: Stage) -> None:
    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    stage.watcher.want(KEY, [], HEALTH)
    asked = len(stage.questions)
    await stage.tick()
    assert (len(stage.questions), stage.watcher.active) == (asked, 0)


async def test_a_fault_of_the_source_does_not_end_the_watch_and_in_time_counts_as_source_down(stage: Stage) -> None:
    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    stage.raises = RuntimeError("a fault of the source")
    for _ in range(8):
        await stage.tick()
    assert stage.verdict() is Verdict.SOURCE_DOWN
    stage.raises = None
    await stage.tick()
    assert stage.verdict() is not Verdict.SOURCE_DOWN
    stage.watcher.stop()


@pytest.mark.parametrize("where", ["advance", "judge"])
async def test_a_look_that_cannot_be_used_is_logged_and_the_next_one_finds_the_bad_version(
    stage: Stage, where: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fault(*_: object) -> None:
        raise ValueError("nobody thought of this")

    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    with monkeypatch.context() as patched:
        patched.setattr(watcher, where, fault)
        await stage.tick()
    assert stage.observed == [True, where != "advance"]
    assert [getattr(record, "release")["name"] for record in caplog.records] == ["bert"]  # noqa: B009
    await stage.tick()
    stage.requests, stage.errors = 400, 200
    await stage.tick()
    assert stage.verdict() is Verdict.FAIL
    assert stage.told[-1] is True
    stage.watcher.stop()


async def test_figures_that_do_not_fit_what_was_gathered_begin_anew_and_still_find_a_bad_version(stage: Stage) -> None:
    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    stage.requests, stage.errors = 50, 1000
    for _ in range(2):
        await stage.tick()
    assert stage.observed == [True, False, True]
    stage.requests, stage.errors = 450, 1200
    await stage.tick()
    assert stage.verdict() is Verdict.FAIL
    stage.watcher.stop()


async def test_a_watch_that_ended_all_the_same_is_begun_again_with_what_it_had(stage: Stage) -> None:
    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    stage.requests = 50
    stage.raises = asyncio.CancelledError()
    await stage.tick()
    asked, stage.raises = len(stage.questions), None
    await stage.tick()
    assert len(stage.questions) == asked
    stage.watcher.want(KEY, [WATCH], HEALTH)
    await stage.settled()
    (traffic,) = [check for check in stage.watcher.evidence(KEY, stage.now)[WATCH].checks if check.name == "traffic"]
    assert traffic.value == 50
    stage.watcher.stop()
