"""Options that several commands share, spelled as kubectl spells them."""

from typing import Annotated

import typer

from bertrelease_operator.cli.arguments import release_name
from bertrelease_operator.cli.environment import Environment, Session
from bertrelease_operator.cli.lookup import find_release
from bertrelease_operator.cli.objects import Release
from bertrelease_operator.cli.output import Format

Namespace = Annotated[
    str | None, typer.Option("--namespace", "-n", metavar="NAMESPACE", help="Default: the context's namespace.")
]
Context = Annotated[str | None, typer.Option("--context", metavar="NAME", help="Context of the kubeconfig to use.")]
Kubeconfig = Annotated[
    str | None, typer.Option("--kubeconfig", metavar="FILE", help="Default: KUBECONFIG, then ~/.kube/config.")
]
Output = Annotated[Format | None, typer.Option("--output", "-o", help="Print a document instead of a picture.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="NAME, brel/NAME or bertrelease/NAME.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Return as soon as the request is written.")]
Timeout = Annotated[
    float,
    typer.Option("--timeout", min=0.1, metavar="SECONDS", help="How long to wait for the operator to carry it out."),
]
DEFAULT_TIMEOUT_SECONDS = 15.0


def open_session(
    context: typer.Context, *, namespace: str | None, kubeconfig: str | None, cluster_context: str | None
) -> Session:
    """Raises CliError if no cluster is configured."""
    environment: Environment = context.obj
    cluster = environment.connect(kubeconfig, cluster_context)
    return Session(cluster, namespace or cluster.namespace, environment)


def open_release(
    context: typer.Context, name: str, *, namespace: str | None, kubeconfig: str | None, cluster_context: str | None
) -> tuple[Session, Release]:
    """The release that `name` means, as it is now. Raises CliError with what there is instead."""
    wanted = release_name(name)
    session = open_session(context, namespace=namespace, kubeconfig=kubeconfig, cluster_context=cluster_context)
    return session, find_release(session.cluster, session.namespace, wanted)
