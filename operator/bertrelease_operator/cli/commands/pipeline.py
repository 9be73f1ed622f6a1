"""`kubectl bert pipeline`: which version is where, along releases that follow one another."""

from typing import Annotated

import typer

from bertrelease_operator.cli.arguments import release_name
from bertrelease_operator.cli.cluster import Cluster
from bertrelease_operator.cli.commands.options import Context, Kubeconfig, Namespace, Output, open_session
from bertrelease_operator.cli.environment import Session
from bertrelease_operator.cli.errors import CliError, ForbiddenError
from bertrelease_operator.cli.lookup import find_release
from bertrelease_operator.cli.objects import Release
from bertrelease_operator.cli.output import show, write_document
from bertrelease_operator.cli.render.pipeline import pipeline_picture
from bertrelease_operator.cli.views.pipeline import Key, pipeline_view, upstream_key


def pipeline(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="NAME, brel/NAME or bertrelease/NAME; default: all of the namespace."),
    ] = None,
    *,
    namespace: Namespace = None,
    output: Output = None,
    cluster_context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Show which version is where, from stage to stage.

    All stages that can be reached up and down from the release, over all namespaces that you may see.
    """
    wanted = release_name(name) if name is not None else None
    session = open_session(context, namespace=namespace, kubeconfig=kubeconfig, cluster_context=cluster_context)
    named = [find_release(session.cluster, session.namespace, wanted)] if wanted is not None else []
    visible = _visible(session, named)
    of = [_key(release) for release in named or visible.values() if release.namespace == session.namespace]
    stages = pipeline_view(visible.values(), of)
    console = session.environment.console
    if output is not None:
        write_document(console, output, stages)
    elif stages:
        show(console, pipeline_picture(stages))
    else:
        who = wanted or f"No release of namespace {session.namespace}"
        verb = "neither follows another release nor is followed" if wanted else "follows another one or is followed"
        session.say(f"{who} {verb} (spec.promotion.from).")


def _key(release: Release) -> Key:
    return release.namespace, release.name


def _visible(session: Session, named: list[Release]) -> dict[Key, Release]:
    """Of all namespaces, or, without the permission for that, of this one and whatever is followed from there."""
    try:
        return {_key(release): release for release in _listed(session.cluster, None)}
    except ForbiddenError:
        found = {_key(release): release for release in [*_listed(session.cluster, session.namespace), *named]}
        for release in [*found.values()]:
            _climb(session.cluster, release, found)
        return found


def _listed(cluster: Cluster, namespace: str | None) -> list[Release]:
    return [Release.of(manifest) for manifest in cluster.releases(namespace)]


def _climb(cluster: Cluster, release: Release, found: dict[Key, Release]) -> None:
    """Adds what can be seen of the stages before `release`."""
    key = upstream_key(release)
    while key is not None and key not in found:
        try:
            found[key] = Release.of(cluster.release(*key))
        except CliError:
            return
        key = upstream_key(found[key])
