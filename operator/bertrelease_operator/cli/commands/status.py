"""`kubectl bert status`: one release at one look, or all of them in a table."""

from typing import Annotated

import typer

from bertrelease_operator.cli.arguments import release_name
from bertrelease_operator.cli.commands.options import Context, Kubeconfig, Namespace, Output, open_session
from bertrelease_operator.cli.environment import Session
from bertrelease_operator.cli.errors import UsageError
from bertrelease_operator.cli.live import watch_all, watch_one
from bertrelease_operator.cli.lookup import find_release, revisions_of
from bertrelease_operator.cli.objects import Release
from bertrelease_operator.cli.output import Format, show, write_document
from bertrelease_operator.cli.render.overview import overview
from bertrelease_operator.cli.render.release import release_picture
from bertrelease_operator.cli.views.build import release_view


def status(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="NAME, brel/NAME or bertrelease/NAME; default: all.")
    ] = None,
    *,
    namespace: Namespace = None,
    all_namespaces: Annotated[bool, typer.Option("--all-namespaces", "-A", help="Releases of all namespaces.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Stay, and show every change as it happens.")] = False,
    output: Output = None,
    cluster_context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Show what serves and how a candidate fares.

    Traffic, candidate, checks, the last rollback, what is wrong, and what can be done about it.
    """
    if name is not None and all_namespaces:
        raise UsageError("a release is named within one namespace: leave out either NAME or -A")
    if watch and output is not None:
        raise UsageError("--watch shows pictures: leave out -o, or use `kubectl get brel -w -o json`")
    wanted = release_name(name) if name is not None else None
    session = open_session(context, namespace=namespace, kubeconfig=kubeconfig, cluster_context=cluster_context)
    where = None if all_namespaces else session.namespace
    if wanted is not None and watch:
        watch_one(session, wanted)
    elif wanted is not None:
        _show_one(session, wanted, output)
    elif watch:
        watch_all(session, where)
    else:
        _show_all(session, where, output)


def _show_one(session: Session, name: str, output: Format | None) -> None:
    environment = session.environment
    release = find_release(session.cluster, session.namespace, name)
    now = environment.now()
    view = release_view(release, revisions_of(session.cluster, release), now)
    if output is not None:
        write_document(environment.console, output, view)
    else:
        show(environment.console, release_picture(view, now))


def _show_all(session: Session, namespace: str | None, output: Format | None) -> None:
    environment = session.environment
    releases = [Release.of(manifest) for manifest in session.cluster.releases(namespace)]
    now = environment.now()
    views = [release_view(release, (), now) for release in releases]
    if output is not None:
        write_document(environment.console, output, views)
    elif views:
        show(environment.console, overview(views, now, with_namespace=namespace is None))
    else:
        session.say(f"No BertReleases in {'any namespace' if namespace is None else f'namespace {namespace}'}.")
