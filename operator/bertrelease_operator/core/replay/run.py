"""Runs a record through the core that ships, with another policy, and says what would have become of the version."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from math import inf
from typing import Final

from bertrelease_operator.api.recording import Recording
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.status import (
    BertRevisionStatus,
    CheckStatus,
    RevisionVerdict,
    RolloutStage,
    StoryEntry,
    Verdict,
)
from bertrelease_operator.core.clock import to_epoch, to_timestamp
from bertrelease_operator.core.commands import Verb
from bertrelease_operator.core.evidence.prediction_checks import OF_PREDICTIONS
from bertrelease_operator.core.failures import reason_of
from bertrelease_operator.core.replay.policy import Policy, recorded_fields
from bertrelease_operator.core.replay.timeline import moments
from bertrelease_operator.core.replay.world import PodsThen, ReplayWorld
from bertrelease_operator.core.story.entries import PAUSED, UNPAUSED
from bertrelease_operator.core.timing import SETTLE_SECONDS

_ORDERS: Final = {"PromotedByHand": Verb.PROMOTE, "Resumed": Verb.RESUME}
# What the strategy and the limits decide; everything else (an abort, a crash, a newer version) happens anyway.
_BY_STRATEGY: Final = frozenset(
    {"StepDeadlineExceeded", "MaxDurationExceeded", "TestEnded", "NotProven", "HealthCheckFailed"}
)
_PROMOTED: Final = frozenset({"Promoted", "FirstVersionServing"})
_OVER: Final = frozenset({RevisionVerdict.REJECTED, RevisionVerdict.UNPROVEN, RevisionVerdict.SUPERSEDED})
# A deadline that the record ends with passes a moment after its last look.
_MARGIN_SECONDS: Final = 2.0


class Ended(StrEnum):
    """What decided the end of a replay."""

    BY_POLICY = "ByPolicy"
    AS_RECORDED = "AsRecorded"  # by what has nothing to do with the policy
    UNDECIDED = "Undecided"  # the record ends before


@dataclass(frozen=True, slots=True)
class Replayed:
    """What would have become of the version. Times are timestamps of the record."""

    ended: Ended
    verdict: RevisionVerdict
    reason: str
    message: str
    at: str
    checks: Sequence[CheckStatus]
    story: Sequence[StoryEntry] = field(default_factory=list)


_Happening = tuple[float, Callable[[ReplayWorld], None]]


def replay(record: BertRevisionSpec, status: BertRevisionStatus, policy: Policy) -> Replayed:
    """Raises ValueError if `status` has no recording, or one that cannot be read."""
    recording = status.recording
    if recording is None:
        raise ValueError(f"there is no recording of {record.version}")
    begins_at = to_epoch(recording.started_at)
    story = [entry for entry in status.story if to_epoch(entry.at) >= begins_at]
    world = ReplayWorld.begin(record, policy.without_drift(), recording, _pods_then(story))
    ends_at, decides = _end(recording, status, story, policy)
    world.settle()
    for at, happens in _in_order(recording, record.version, story):
        if at > ends_at:
            break
        if _is_decided_before(world, at):
            return _by_policy(world)
        world.now = at
        happens(world)
        world.settle()
        if world.is_over:
            return _by_policy(world)
    if _is_decided_before(world, ends_at if decides else ends_at + _MARGIN_SECONDS):
        return _by_policy(world)
    return _as_recorded(world, status) if decides else _at_the_end(world)


def _pods_then(story: Sequence[StoryEntry]) -> PodsThen:
    """Ready when they must have been to leave the first stage when they did, gates and pauses included."""
    left = (entry for entry in story if entry.stage in {RolloutStage.STEPPING, RolloutStage.SWITCHING})
    ready_at = next((to_epoch(entry.at) - SETTLE_SECONDS for entry in left), None)
    return PodsThen(ready_at, _switch_seconds([entry for entry in story if entry.stage is RolloutStage.SWITCHING]))


def _switch_seconds(switching: Sequence[StoryEntry]) -> float:
    """0 if it never came to that; without end if it came to nothing."""
    done = next((entry for entry in switching if entry.reason in _PROMOTED), None)
    if done is not None:
        return to_epoch(done.at) - to_epoch(switching[0].at)
    return inf if switching else 0.0


def _end(
    recording: Recording, status: BertRevisionStatus, story: Sequence[StoryEntry], policy: Policy
) -> tuple[float, bool]:
    """When the record ends, and whether by something that `policy` would not have changed."""
    if status.verdict in _OVER and status.decided_at is not None:
        in_force = Policy.of(recorded_fields(recording.policy))
        drift_stays = in_force.health.prediction_drift == policy.health.prediction_drift
        failed = {
            reason_of(check.name)
            for check in status.checks
            if check.verdict is Verdict.FAIL and not (drift_stays and check.name in OF_PREDICTIONS)
        }
        return to_epoch(status.decided_at), status.reason not in _BY_STRATEGY | failed
    ends = [looks.until for looks in recording.looks] + [entry.at for entry in story]
    return max(map(to_epoch, [recording.started_at, *ends])), False


def _in_order(recording: Recording, version: str, story: Sequence[StoryEntry]) -> list[_Happening]:
    """Looks, and what people did, by time."""
    looks = ((moment.look.at, partial(ReplayWorld.see, moment=moment)) for moment in moments(recording, version))
    return sorted([*looks, *_deeds(version, story)], key=lambda happening: happening[0])


def _deeds(version: str, story: Sequence[StoryEntry]) -> Iterator[_Happening]:
    for number, entry in enumerate(story):
        if entry.reason in _ORDERS:
            command = f"{_ORDERS[entry.reason]} {version} {number}"
            yield to_epoch(entry.at), partial(ReplayWorld.order, command=command)
        elif entry.reason in {PAUSED, UNPAUSED}:
            yield to_epoch(entry.at), partial(ReplayWorld.pause, paused=entry.reason == PAUSED)


def _is_decided_before(world: ReplayWorld, at: float) -> bool:
    """Lets time pass until `at`, with a decision whenever time alone may lead to one."""
    while world.requeue_at is not None and world.requeue_at < at:
        world.now = world.requeue_at
        world.settle()
        if world.is_over:
            return True
    world.now = at
    return False


def _by_policy(world: ReplayWorld) -> Replayed:
    status = world.revisions[world.version].status
    return Replayed(
        Ended.BY_POLICY,
        verdict=status.verdict,
        reason=status.reason,
        message=status.message,
        at=status.decided_at or to_timestamp(world.now),
        checks=status.checks,
        story=status.story,
    )


def _as_recorded(world: ReplayWorld, recorded: BertRevisionStatus) -> Replayed:
    return Replayed(
        Ended.AS_RECORDED,
        verdict=recorded.verdict,
        reason=recorded.reason,
        message=recorded.message,
        at=recorded.decided_at or to_timestamp(world.now),
        checks=world.status.checks,
        story=world.revisions[world.version].status.story,
    )


def _at_the_end(world: ReplayWorld) -> Replayed:
    """The record has no more to say; a version that was proven by then stays that."""
    status = world.revisions[world.version].status
    if status.verdict is RevisionVerdict.PROVEN:
        return _by_policy(world)
    return Replayed(
        Ended.UNDECIDED,
        verdict=status.verdict,
        reason="RecordEnds",
        message=world.status.message,
        at=to_timestamp(world.now),
        checks=world.status.checks,
        story=status.story,
    )
