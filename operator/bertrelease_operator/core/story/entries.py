"""What a decision adds to a version's story: what it did, and what it waits for. Each is told once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bertrelease_operator.api.status import (
    LONGEST_MESSAGE,
    LONGEST_REASON,
    BertReleaseStatus,
    CheckStatus,
    Phase,
    RolloutStatus,
    StoryEntry,
    Verdict,
)
from bertrelease_operator.core.clipping import clipped
from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.core.observation import EvidenceView
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.watches import watch_of

STARTED: Final = "Started"
PAUSED: Final = "Paused"
UNPAUSED: Final = "Unpaused"


@dataclass(frozen=True, slots=True)
class _Told:
    """A sentence, and the evidence behind it."""

    reason: str
    message: str
    evidence: EvidenceView
    checks: tuple[CheckStatus, ...] = ()
    holds: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """A version, the evidence that the decision was made on, and what has been told of it."""

    version: str
    evidence: EvidenceView
    story: Sequence[StoryEntry]


def new_entries(
    situation: Situation, progress: Progress, status: BertReleaseStatus, subject: Subject
) -> list[StoryEntry]:
    """Without those that the story has: they come again when not all of a decision could be written."""
    told = [*_pauses(situation, progress, subject), *_events(progress, subject)]
    done = [_entry(situation, progress, subject.version, one) for one in told]
    known = [_content(entry) for entry in subject.story if not entry.holds]
    if done and [_content(entry) for entry in done] == known[-len(done) :]:
        done = []
    waiting = _hold(situation, progress, status, subject.version)
    if waiting is None:
        return done
    hold = _entry(situation, progress, subject.version, waiting)
    repeated = _content(hold) in map(_content, _since_start([*subject.story, *done]))
    return done if repeated else [*done, hold]


def _content(entry: StoryEntry) -> tuple[object, ...]:
    return entry.reason, entry.message, entry.attempt, entry.stage, entry.step


def _since_start(story: Sequence[StoryEntry]) -> Sequence[StoryEntry]:
    starts = [index for index, entry in enumerate(story) if entry.reason == STARTED]
    return story[starts[-1] :] if starts else story


def _events(progress: Progress, subject: Subject) -> Iterator[_Told]:
    for event in progress.events:
        if event.about == subject.version:
            yield _Told(event.reason, event.message, subject.evidence, subject.evidence.checks)


def _pauses(situation: Situation, progress: Progress, subject: Subject) -> Iterator[_Told]:
    before, after = situation.observation.status.rollout, progress.rollout
    if before is None or after is None or not before.version == after.version == subject.version:
        return
    if before.paused_since is None and after.paused_since is not None:
        yield _Told(PAUSED, "spec.paused was set.", subject.evidence)
    elif before.paused_since is not None and after.paused_since is None:
        yield _Told(UNPAUSED, "spec.paused was cleared.", subject.evidence)


def _hold(situation: Situation, progress: Progress, status: BertReleaseStatus, version: str) -> _Told | None:
    """The release's sentence, when it is a new one and about this version."""
    subject = progress.rollout or progress.observation
    if subject is None or subject.version != version or status.message == situation.observation.status.message:
        return None
    if status.phase is Phase.REFUSED or (status.phase is Phase.PAUSED and situation.observation.spec.paused):
        return None
    watch = watch_of(situation.observation.spec, version, progress.rollout, progress.stable, progress.observation)
    evidence = situation.evidence(watch)
    unsettled = tuple(check for check in evidence.checks if check.verdict is not Verdict.PASS)
    return _Told(status.phase.value, status.message, evidence, unsettled, holds=True)


def _entry(situation: Situation, progress: Progress, version: str, told: _Told) -> StoryEntry:
    rollout = _rollout_of(situation, progress, version)
    route = situation.observation.route
    return StoryEntry(
        at=to_timestamp(situation.now),
        reason=clipped(told.reason, LONGEST_REASON),
        message=clipped(told.message, LONGEST_MESSAGE),
        holds=told.holds,
        attempt=rollout.attempt if rollout is not None else progress.attempt(version),
        stage=rollout.stage if rollout is not None else None,
        step=rollout.step if rollout is not None else None,
        weight=route.weights.get(version, 0) if route is not None else 0,
        verdict=told.evidence.verdict if told.evidence.checks else None,
        # Their sentences would be most of a story.
        checks=[check.model_copy(update={"message": ""}) for check in told.checks],
    )


def _rollout_of(situation: Situation, progress: Progress, version: str) -> RolloutStatus | None:
    """Where it is now, or was until this decision."""
    found = (progress.rollout, situation.observation.status.rollout)
    return next((rollout for rollout in found if rollout is not None and rollout.version == version), None)
