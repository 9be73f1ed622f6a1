"""`pause` and `resume`: the user's own `spec.paused`, and the request to go on after a long outage."""

from typing import Final

import typer

from bertrelease_operator.cli.arguments import result_line
from bertrelease_operator.cli.command_lines import bert_command
from bertrelease_operator.cli.commands.options import (
    DEFAULT_TIMEOUT_SECONDS,
    Context,
    Kubeconfig,
    Name,
    Namespace,
    NoWait,
    Timeout,
    open_release,
)
from bertrelease_operator.cli.environment import Session
from bertrelease_operator.cli.errors import CliError
from bertrelease_operator.cli.objects import Release
from bertrelease_operator.cli.orders import version_to_resume
from bertrelease_operator.cli.placing import place
from bertrelease_operator.cli.views.rollout import current_weight
from bertrelease_operator.core.commands import Verb

_IN_GIT: Final = "If the release is kept in Git, write spec.paused there as well, or it is put back."


def pause(
    context: typer.Context,
    name: Name,
    *,
    namespace: Namespace = None,
    cluster_context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Freeze a release where it is.

    Sets spec.paused. A bad version is still taken back, and health is still watched.
    """
    session, release = open_release(
        context, name, namespace=namespace, kubeconfig=kubeconfig, cluster_context=cluster_context
    )
    if release.spec.paused:
        raise CliError(f"{release.name} is paused already; go on with: {bert_command(release, 'resume')}")
    _set_paused(session, release, paused=True)
    session.say(result_line(release.name, "paused"))
    session.say(f"{_frozen(release)} {_IN_GIT}")


def resume(
    context: typer.Context,
    name: Name,
    *,
    namespace: Namespace = None,
    no_wait: NoWait = False,
    timeout: Timeout = DEFAULT_TIMEOUT_SECONDS,
    cluster_context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Go on after a pause.

    Clears spec.paused; a release that waits after a long outage of its source of figures is told to go on.
    """
    session, release = open_release(
        context, name, namespace=namespace, kubeconfig=kubeconfig, cluster_context=cluster_context
    )
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
    return f"{rollout.version} stays at {current_weight(release)} % of the traffic until it is resumed."
