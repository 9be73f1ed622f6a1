"""Options that several commands share, spelled as kubectl spells them."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from bertrelease_operator.cli.arguments import release_name, release_version
from bertrelease_operator.cli.environment import Environment, Session
from bertrelease_operator.cli.lookup import find_release
from bertrelease_operator.cli.objects import Release
from bertrelease_operator.cli.output import Format


def checked_version(version: str | None) -> str | None:
    return release_version(version) if version is not None else None


Namespace = Annotated[
    str | None, typer.Option("--namespace", "-n", metavar="NAMESPACE", help="Default: the context's namespace.")
]
Context = Annotated[str | None, typer.Option("--context", metavar="NAME", help="Context of the kubeconfig to use.")]
Kubeconfig = Annotated[
    str | None, typer.Option("--kubeconfig", metavar="FILE", help="Default: KUBECONFIG, then ~/.kube/config.")
]
Output = Annotated[Format | None, typer.Option("--output", "-o", help="Print a document instead of a picture.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="NAME, brel/NAME or bertrelease/NAME.")]
RetriedVersion = Annotated[
    str | None,
    typer.Argument(metavar="VERSION", callback=checked_version, help="Default: the version that was taken back last."),
]
ReleaseVersion = Annotated[
    str | None,
    typer.Argument(
        metavar="VERSION", callback=checked_version, help="Default: the one that is, or was last, on its way."
    ),
]
AnyVersion = Annotated[
    str | None,
    typer.Argument(metavar="VERSION", callback=checked_version, help="Default: all that are on record."),
]
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


_GIVEN: Final = 2  # parameters that do not come from the command line: session and release


def on_release(command: Callable[..., None]) -> Callable[..., None]:
    """From `command(session, release, ...)` to a command that takes NAME, and where to look for it, as well."""

    def run(
        context: typer.Context,
        name: Name,
        namespace: Namespace = None,
        cluster_context: Context = None,
        kubeconfig: Kubeconfig = None,
        **own: Any,
    ) -> None:
        session, release = open_release(
            context, name, namespace=namespace, kubeconfig=kubeconfig, cluster_context=cluster_context
        )
        command(session, release, **own)

    shared = [each for each in inspect.signature(run).parameters.values() if each.kind is not each.VAR_KEYWORD]
    further = list(inspect.signature(command).parameters.values())[_GIVEN:]
    # In the order in which `--help` lists them: what is to be done, then where.
    parameters = [each.replace(kind=each.KEYWORD_ONLY) for each in (*shared[:2], *further, *shared[2:])]
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run
