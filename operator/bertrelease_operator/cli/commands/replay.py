"""`kubectl bert replay`: recorded rollouts with other limits, through the operator's own decisions."""

from pathlib import Path
from typing import Annotated

import typer

from bertrelease_operator.cli.arguments import release_name
from bertrelease_operator.cli.commands.options import (
    AnyVersion,
    Context,
    Kubeconfig,
    Name,
    Namespace,
    Output,
    open_release,
)
from bertrelease_operator.cli.environment import Environment
from bertrelease_operator.cli.lookup import revisions_of
from bertrelease_operator.cli.output import show, write_document
from bertrelease_operator.cli.policy_file import read_policy, read_revisions
from bertrelease_operator.cli.render.replay import replays_picture
from bertrelease_operator.cli.views.replay import recorded_revisions, replay_view


def replay(
    context: typer.Context,
    name: Name,
    version: AnyVersion = None,
    *,
    policy: Annotated[
        Path | None,
        typer.Option(
            "--policy", metavar="FILE", help="A BertRelease, or changes of strategy and health; default: as it was."
        ),
    ] = None,
    from_file: Annotated[
        Path | None,
        typer.Option("--from-file", metavar="FILE", help="Saved BertRevisions instead of the cluster's."),
    ] = None,
    namespace: Namespace = None,
    output: Output = None,
    cluster_context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Say what other limits would have made of recorded versions.

    Runs what was recorded through the decisions of the operator, with another strategy and other limits. Without a
    version: all that are on record.
    """
    environment: Environment = context.obj
    file = read_policy(policy) if policy is not None else None
    if from_file is not None:
        name, revisions = release_name(name), read_revisions(from_file)
    else:
        session, release = open_release(
            context, name, namespace=namespace, kubeconfig=kubeconfig, cluster_context=cluster_context
        )
        name, revisions = release.name, revisions_of(session.cluster, release)
    views = [replay_view(revision, file) for revision in recorded_revisions(name, revisions, version)]
    if output is not None:
        write_document(environment.console, output, views[0] if version is not None else views)
    else:
        show(environment.console, replays_picture(views))
