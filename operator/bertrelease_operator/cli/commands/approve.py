"""`approve`: a person's yes to the version that waits for it."""

import secrets
from typing import Annotated

import typer

from bertrelease_operator.api.names import ANNOTATION_APPROVE
from bertrelease_operator.cli.approvals import approval_text, gate_to_approve, has_counted
from bertrelease_operator.cli.arguments import release_version, result_line
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
from bertrelease_operator.cli.errors import CliError
from bertrelease_operator.cli.lookup import revisions_of
from bertrelease_operator.cli.placing import ID_BYTES, awaited


def approve(
    context: typer.Context,
    name: Name,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="The version that you have looked at.")],
    *,
    gate: Annotated[str | None, typer.Option("--gate", metavar="GATE", help="Default: the one that asks.")] = None,
    namespace: Namespace = None,
    no_wait: NoWait = False,
    timeout: Timeout = DEFAULT_TIMEOUT_SECONDS,
    cluster_context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Say yes to a version that waits for an approval.

    Your name is written down with it. It counts for this version and attempt, and for one passage of one gate.
    """
    wanted = release_version(version)
    session, release = open_release(
        context, name, namespace=namespace, kubeconfig=kubeconfig, cluster_context=cluster_context
    )
    asking = gate_to_approve(release, wanted, gate)
    attempt = release.status.rollout.attempt if release.status.rollout is not None else 1
    text = approval_text(wanted, session.cluster.user_name(), attempt, asking.name, secrets.token_hex(ID_BYTES))
    patch = {"metadata": {"annotations": {ANNOTATION_APPROVE: text}}}
    session.cluster.patch_release(release.namespace, release.name, patch)
    if no_wait:
        session.say(result_line(release.name, "approval written"))
        return
    try:
        awaited(session, release, timeout, lambda after: has_counted(text, after, revisions_of(session.cluster, after)))
    except CliError as error:
        raise type(error)(f"the approval of {wanted} was written, but: {error}") from error
    session.say(result_line(release.name, "approved"))
    session.say(f"{wanted} has passed gate {asking.name}. Follow it: {bert_command(release, 'status', '--watch')}")
