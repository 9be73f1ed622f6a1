"""`approve`: a person's yes to the version that waits for it."""

import secrets
from typing import Annotated

import typer

from bertrelease_operator.api.names import ANNOTATION_APPROVE
from bertrelease_operator.cli.approvals import approval_text, gate_to_approve, has_counted
from bertrelease_operator.cli.arguments import result_line
from bertrelease_operator.cli.command_lines import bert_command
from bertrelease_operator.cli.commands.options import (
    DEFAULT_TIMEOUT_SECONDS,
    NoWait,
    Timeout,
    checked_version,
    on_release,
)
from bertrelease_operator.cli.environment import Session
from bertrelease_operator.cli.errors import CliError
from bertrelease_operator.cli.lookup import revisions_of
from bertrelease_operator.cli.objects import Release
from bertrelease_operator.cli.placing import ID_BYTES, awaited

_Approved = Annotated[
    str, typer.Argument(metavar="VERSION", callback=checked_version, help="The version that you have looked at.")
]
_Gate = Annotated[str | None, typer.Option("--gate", metavar="GATE", help="Default: the one that asks.")]


@on_release
def approve(
    session: Session,
    release: Release,
    *,
    version: _Approved,
    gate: _Gate = None,
    no_wait: NoWait = False,
    timeout: Timeout = DEFAULT_TIMEOUT_SECONDS,
) -> None:
    """Say yes to a version that waits for an approval.

    Your name is written down with it. It counts for this version and attempt, and for what the gate holds back now.
    """
    asking = gate_to_approve(release, version, gate)
    attempt = release.status.rollout.attempt if release.status.rollout is not None else 1
    text = approval_text(version, session.cluster.user_name(), attempt, asking, secrets.token_hex(ID_BYTES))
    patch = {"metadata": {"annotations": {ANNOTATION_APPROVE: text}}}
    session.cluster.patch_release(release.namespace, release.name, patch)
    if no_wait:
        session.say(result_line(release.name, "approval written"))
        return
    try:
        awaited(session, release, timeout, lambda after: has_counted(text, after, revisions_of(session.cluster, after)))
    except CliError as error:
        raise type(error)(f"the approval of {version} was written, but: {error}") from error
    session.say(result_line(release.name, "approved"))
    session.say(f"{version} has passed gate {asking.name}. Follow it: {bert_command(release, 'status', '--watch')}")
