"""The story of one version, as data; also what `explain -o json|yaml` prints."""

from collections.abc import Sequence

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.status import (
    CheckStatus,
    GateStatus,
    RevisionVerdict,
    RolloutStage,
    StoryEntry,
    Timestamp,
    Verdict,
)
from bertrelease_operator.cli.command_lines import bert_command
from bertrelease_operator.cli.errors import CliError
from bertrelease_operator.cli.objects import Release, Revision
from bertrelease_operator.cli.views.model import Advice
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.story.entries import STARTED


class Told(ApiModel):
    """One entry. `step` counts from 1."""

    at: Timestamp
    seconds: float  # since its rollout began
    reason: str
    message: str
    holds: bool  # nothing moved; the message says what was waited for
    attempt: int
    stage: RolloutStage | None
    step: int | None
    weight: int  # percent of the traffic
    verdict: Verdict | None
    checks: tuple[CheckStatus, ...]


class StoryView(ApiModel):
    """What was decided about one version, and why."""

    namespace: str
    release: str
    version: str
    serving: bool
    verdict: RevisionVerdict
    reason: str
    message: str
    attempt: int
    decided_at: Timestamp | None
    baseline: str | None  # the version that it was compared with
    image: str
    fingerprint: str | None
    story: tuple[Told, ...]
    checks: tuple[CheckStatus, ...]  # the evidence behind the verdict
    gates: tuple[GateStatus, ...]
    advice: tuple[Advice, ...]


def version_to_explain(release: Release, asked: str | None) -> str:
    """The one asked for, else the one that is or was on its way last. Raises CliError if there is none."""
    status = release.status
    moving = (status.rollout, status.concluded, status.observation)
    version = asked or next((one.version for one in moving if one is not None), status.stable)
    if version is None:
        raise CliError(f"no version of {release.name} was released yet: {status.message or status.phase}")
    return version


def story_view(release: Release, revision: Revision) -> StoryView:
    status = revision.status
    return StoryView(
        namespace=release.namespace,
        release=release.name,
        version=revision.version,
        serving=revision.version == release.status.stable,
        verdict=status.verdict,
        reason=status.reason,
        message=status.message,
        attempt=status.attempt,
        decided_at=status.decided_at,
        baseline=status.recording.baseline if status.recording is not None else None,
        image=status.image_id or revision.spec.image.reference(revision.version),
        fingerprint=status.fingerprint or revision.spec.model.fingerprint,
        story=told_view(status.story),
        checks=tuple(status.checks),
        gates=_gates(release, revision),
        advice=_advice(release, revision),
    )


def told_view(story: Sequence[StoryEntry]) -> tuple[Told, ...]:
    """Seconds count anew with each start."""
    lines = []
    began = to_epoch(story[0].at) if story else 0.0
    for entry in story:
        at = to_epoch(entry.at)
        began = at if entry.reason == STARTED else began
        lines.append(
            Told(
                at=entry.at,
                seconds=max(0.0, at - began),
                reason=entry.reason,
                message=entry.message,
                holds=entry.holds,
                attempt=entry.attempt,
                stage=entry.stage,
                step=entry.step + 1 if entry.stage is RolloutStage.STEPPING and entry.step is not None else None,
                weight=entry.weight,
                verdict=entry.verdict,
                checks=tuple(entry.checks),
            )
        )
    return tuple(lines)


def _gates(release: Release, revision: Revision) -> tuple[GateStatus, ...]:
    """Of the rollout as long as it is on its way; the record has them from its end on."""
    rollout = release.status.rollout
    if rollout is not None and rollout.version == revision.version:
        return tuple(rollout.gates)
    return tuple(revision.status.gates)


def _advice(release: Release, revision: Revision) -> tuple[Advice, ...]:
    suggestions = []
    concluded = release.status.concluded
    if concluded is not None and concluded.version == revision.version:
        purpose = f"try {revision.version} once more"
        suggestions.append(Advice(purpose=purpose, command=bert_command(release, "retry", revision.version)))
    if release.status.rollout is not None and release.status.rollout.version == revision.version:
        suggestions.append(Advice(purpose="see what can be done about it now", command=bert_command(release, "status")))
    return tuple(suggestions)
