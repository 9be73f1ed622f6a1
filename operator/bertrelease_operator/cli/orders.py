"""One-off requests to the operator: which version they are for, and what became of them. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bertrelease_operator.api.status import RevisionVerdict, RolloutStage, RolloutStatus
from bertrelease_operator.cli.command_lines import bert_command, edit_command
from bertrelease_operator.cli.errors import CliError
from bertrelease_operator.cli.objects import Release, Revision
from bertrelease_operator.cli.views.rollout import waits_for_person
from bertrelease_operator.core.commands import Verb


@dataclass(frozen=True, slots=True)
class Order:
    """The annotation's content: a verb bound to the version that was seen, and an id that makes it a new request."""

    verb: Verb
    version: str
    identity: str

    def __str__(self) -> str:
        return f"{self.verb} {self.version} {self.identity}"


def version_to_promote(release: Release) -> str:
    """Raises CliError if no candidate has traffic."""
    rollout = release.status.rollout
    if rollout is None:
        raise CliError(f"there is no candidate to promote: {_rest(release)}")
    if rollout.stage is RolloutStage.STARTING:
        raise CliError(
            f"{rollout.version} is still starting and has no traffic; it can be promoted once it has. "
            f"Follow it: {bert_command(release, 'status', '--watch')}"
        )
    if _is_promoted(rollout):
        raise CliError(f"{rollout.version} is already on its way to 100 % of the traffic")
    return rollout.version


def version_to_abort(release: Release) -> str:
    """Raises CliError if nothing is under way, or there is nothing to go back to."""
    status = release.status
    if status.rollout is not None:
        if status.stable is None:
            raise CliError(
                f"{status.rollout.version} is the first version: there is nothing to go back to. "
                f"Set spec.version to another one instead: {edit_command(release)}"
            )
        return status.rollout.version
    watched = status.observation
    if watched is None:
        raise CliError(f"there is nothing to abort: {_rest(release)}")
    if watched.previous is None:
        raise CliError(f"{watched.version} cannot be taken back: no version before it can serve")
    return watched.version


def version_to_retry(release: Release, revisions: Sequence[Revision], asked: str | None) -> str:
    """`asked`, or the version that was taken back last. Raises CliError if it was not taken back."""
    status = release.status
    verdicts = {revision.version: revision.status.verdict for revision in revisions}
    concluded = status.concluded.version if status.concluded is not None else None
    version = asked or concluded or status.version
    if version is None:
        raise CliError(f"there is nothing to retry: {_rest(release)}")
    if version not in verdicts:
        known = ", ".join(sorted(verdicts)) or "none"
        raise CliError(f"{version} has no record to retry; recorded versions: {known}")
    if status.rollout is not None and status.rollout.version == version:
        raise CliError(f"{version} is on its way already: {bert_command(release, 'status')}")
    if version != concluded and verdicts[version] is not RevisionVerdict.REJECTED:
        raise CliError(
            f"{version} is {verdicts[version]} and was not turned down: there is nothing to retry. "
            f"To deploy it, set spec.version: {edit_command(release)}"
        )
    return version


def version_to_resume(release: Release, now: float) -> str | None:
    """The candidate that waits for a person after a long outage of the source of figures; None if none does."""
    rollout = release.status.rollout
    return rollout.version if rollout is not None and waits_for_person(release, now) else None


def came_true(order: Order, after: Release, revisions: Sequence[Revision], now: float) -> bool:
    """Did the operator do what `order` says? `after` is the release that it handled it in."""
    return _CAME_TRUE[order.verb](order.version, after, revisions, now)


def consequence(order: Order, after: Release) -> str:
    """What follows from an order that came true, for the person who gave it."""
    status, version = after.status, order.version
    match order.verb:
        case Verb.PROMOTE:
            return _after_promotion(version, after)
        case Verb.ABORT:
            return f"{status.stable} gets all traffic. To try {version} again: {bert_command(after, 'retry', version)}"
        case Verb.RESUME:
            return f"{version} is judged anew at its step."
        case Verb.RETRY if (after.spec.version or after.status.version) != version:
            return f"{version} may be tried again; it starts when spec.version is {version}: {edit_command(after)}"
        case Verb.RETRY if after.spec.paused:
            return f"{version} starts when spec.paused is false: {bert_command(after, 'resume')}"
        case Verb.RETRY:
            return f"{version} starts again. Follow it: {bert_command(after, 'status', '--watch')}"


def _after_promotion(version: str, after: Release) -> str:
    if after.spec.paused:
        return f"{version} gets all traffic when spec.paused is false: {bert_command(after, 'resume')}"
    held = after.status.rollout is not None and after.status.rollout.stage is RolloutStage.STEPPING
    past_gates = ", once it has passed the gates before promotion," if held else ""
    seconds = after.spec.strategy.observation_seconds
    return f"{version} gets all traffic{past_gates} and is watched for {seconds} s more."


def _promoted(version: str, after: Release, _revisions: Sequence[Revision], _now: float) -> bool:
    rollout = after.status.rollout
    switching = rollout is not None and rollout.version == version and _is_promoted(rollout)
    return switching or after.status.stable == version


def _is_promoted(rollout: RolloutStatus) -> bool:
    """It may still have to pass gates."""
    return rollout.promoted_at is not None or rollout.stage is RolloutStage.SWITCHING


def _aborted(version: str, after: Release, _revisions: Sequence[Revision], _now: float) -> bool:
    rollout = after.status.rollout
    return (rollout is None or rollout.version != version) and after.status.stable != version


def _retried(version: str, after: Release, revisions: Sequence[Revision], _now: float) -> bool:
    concluded = after.status.concluded
    verdict = next((revision.status.verdict for revision in revisions if revision.version == version), None)
    return (concluded is None or concluded.version != version) and verdict is not RevisionVerdict.REJECTED


def _resumed(version: str, after: Release, _revisions: Sequence[Revision], now: float) -> bool:
    rollout = after.status.rollout
    return rollout is not None and rollout.version == version and not waits_for_person(after, now)


_CAME_TRUE: dict[Verb, Callable[[str, Release, Sequence[Revision], float], bool]] = {
    Verb.PROMOTE: _promoted,
    Verb.ABORT: _aborted,
    Verb.RETRY: _retried,
    Verb.RESUME: _resumed,
}


def _rest(release: Release) -> str:
    """What is the case instead."""
    return release.status.message or f"{release.name} is {release.status.phase}."
