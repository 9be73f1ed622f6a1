"""`pause` and `resume`: the user's own `spec.paused`, and the request to go on after a long outage."""

from typing import Final

from bertrelease_operator.cli.arguments import result_line
from bertrelease_operator.cli.command_lines import bert_command
from bertrelease_operator.cli.commands.options import DEFAULT_TIMEOUT_SECONDS, NoWait, Timeout, on_release
from bertrelease_operator.cli.environment import Session
from bertrelease_operator.cli.errors import CliError
from bertrelease_operator.cli.objects import Release
from bertrelease_operator.cli.orders import version_to_resume
from bertrelease_operator.cli.placing import place
from bertrelease_operator.core.commands import Verb

_IN_GIT: Final = "If the release is kept in Git, write spec.paused there as well, or it is put back."


@on_release
def pause(session: Session, release: Release) -> None:
    """Freeze a release where it is.

    Sets spec.paused. A bad version is still taken back, and health is still watched.
    """
    if release.spec.paused:
        raise CliError(f"{release.name} is paused already; go on with: {bert_command(release, 'resume')}")
    _set_paused(session, release, paused=True)
    session.say(result_line(release.name, "paused"))
    session.say(f"{_frozen(release)} {_IN_GIT}")


@on_release
def resume(
    session: Session, release: Release, *, no_wait: NoWait = False, timeout: Timeout = DEFAULT_TIMEOUT_SECONDS
) -> None:
    """Go on after a pause.

    Clears spec.paused; a release that waits after a long outage of its source of figures is told to go on.
    """
    waiting = version_to_resume(release, session.environment.now())
    if not release.spec.paused and waiting is None:
        raise CliError(f"{release.name} is not paused: {release.status.message or release.status.phase}")
    if release.spec.paused:
        _set_paused(session, release, paused=False)
    if waiting is not None:
        place(session, release, Verb.RESUME, waiting, None if no_wait else timeout)
    else:
        session.say(result_line(release.name, "resumed"))
        session.say(_IN_GIT)


def _set_paused(session: Session, release: Release, *, paused: bool) -> None:
    session.cluster.patch_release(release.namespace, release.name, {"spec": {"paused": paused}})


def _frozen(release: Release) -> str:
    rollout = release.status.rollout
    if rollout is None:
        return "No new version starts until it is resumed."
    if not rollout.analysed:
        return f"The switch back to {rollout.version} goes on; no new version starts until it is resumed."
    share = release.status.weights.applied.get(rollout.version, 0)
    return f"{rollout.version} stays at {share} % of the traffic until it is resumed."
