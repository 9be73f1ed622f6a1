"""What another policy would have made of recorded rollouts; also what `replay -o json|yaml` prints."""

from collections.abc import Sequence

from pydantic import ValidationError

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.status import CheckStatus, RevisionVerdict, RolloutStage, StoryEntry, Timestamp
from bertrelease_operator.cli.errors import CliError
from bertrelease_operator.cli.objects import Revision
from bertrelease_operator.cli.policy_file import PolicyFile
from bertrelease_operator.cli.views.story import Told, told_view
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.replay.policy import Policy, changed, recorded_fields
from bertrelease_operator.core.replay.remarks import remarks
from bertrelease_operator.core.replay.run import Ended, replay


class OutcomeView(ApiModel):
    """How a rollout ended. `step` counts from 1 and is the last one that it came to."""

    verdict: RevisionVerdict
    reason: str
    message: str
    at: Timestamp | None
    seconds: float | None  # since the rollout began
    step: int | None
    weight: int  # percent of the traffic, the largest that it had


class ReplayView(ApiModel):
    """One recorded rollout, as it was and as it would have been."""

    release: str
    version: str
    attempt: int
    began_at: Timestamp
    policy: str  # the file, or what was in force
    recorded: OutcomeView
    replayed: OutcomeView
    ended: Ended
    same: bool
    checks: tuple[CheckStatus, ...]  # at the end of the replay
    story: tuple[Told, ...]  # as it would have been told
    remarks: tuple[str, ...]


def recorded_revisions(release: str, revisions: Sequence[Revision], asked: str | None) -> list[Revision]:
    """Those with a recording, the last rollout first. Raises CliError if there are none."""
    wanted = [one for one in revisions if one.spec.release == release and asked in {None, one.version}]
    found = [(one.status.recording.started_at, one) for one in wanted if one.status.recording is not None]
    if not found:
        what = asked or "any version"
        raise CliError(
            f"{release} has no recording of {what}: versions are recorded when they are judged by an operator that "
            "keeps recordings"
        )
    return [one for _, one in sorted(found, key=lambda pair: pair[0], reverse=True)]


def replay_view(revision: Revision, file: PolicyFile | None) -> ReplayView:
    """With the policy of `file`, or the one in force. Raises CliError if it, or the recording, cannot be used."""
    status, recording = revision.status, revision.status.recording
    if recording is None:
        raise CliError(f"there is no recording of {revision.version}")
    if file is None and not recording.policy:
        raise CliError(f"the policy of {revision.version} was too long to be kept: name one with --policy")
    fields = recorded_fields(recording.policy)
    in_force = _policy(fields, f"the recorded policy of {revision.version}") if recording.policy else None
    tried = in_force or Policy.of({})
    if file is not None:
        tried = _policy(dict(file.fields) if file.is_whole else changed(fields, file.fields), file.name)
    tried = tried.asking_as(in_force)
    try:
        found = replay(revision.spec, status, tried)
    except ValueError as error:
        raise CliError(f"the recording of {revision.version} cannot be read: {error}") from error
    began_at = to_epoch(recording.started_at)
    story = [entry for entry in status.story if to_epoch(entry.at) >= began_at]
    return ReplayView(
        release=revision.spec.release,
        version=revision.version,
        attempt=recording.attempt,
        began_at=recording.started_at,
        policy=file.name if file is not None else "the policy that was in force",
        recorded=_outcome(status.verdict, status.reason, status.message, status.decided_at, story, began_at),
        replayed=_outcome(found.verdict, found.reason, found.message, found.at, found.story, began_at),
        ended=found.ended,
        same=(found.verdict, found.reason) == (status.verdict, status.reason),
        checks=tuple(found.checks),
        story=told_view(found.story),
        remarks=tuple(remarks(recording, in_force, tried)),
    )


def _policy(fields: dict[str, object], name: str) -> Policy:
    try:
        return Policy.of(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join([error.title.lower(), *(str(part) for part in first["loc"])])
        raise CliError(f"{name}: {where}: {first['msg']}") from error


def _outcome(  # noqa: PLR0917 - the parts of one view
    verdict: RevisionVerdict,
    reason: str,
    message: str,
    at: Timestamp | None,
    story: Sequence[StoryEntry],
    began_at: float,
) -> OutcomeView:
    steps = [entry.step for entry in story if entry.stage is RolloutStage.STEPPING and entry.step is not None]
    return OutcomeView(
        verdict=verdict,
        reason=reason,
        message=message,
        at=at,
        seconds=to_epoch(at) - began_at if at is not None else None,
        step=max(steps) + 1 if steps else None,
        weight=max((entry.weight for entry in story), default=0),
    )
