"""`kubectl bert explain`: what was decided about a version, when, and on which figures."""

from typing import Annotated

import typer

from bertrelease_operator.cli.arguments import release_version
from bertrelease_operator.cli.commands.options import Context, Kubeconfig, Name, Namespace, Output, open_release
from bertrelease_operator.cli.lookup import revisions_of
from bertrelease_operator.cli.output import show, write_document
from bertrelease_operator.cli.render.story import story_picture
from bertrelease_operator.cli.views.story import revision_of, story_view, version_to_explain


def explain(
    context: typer.Context,
    name: Name,
    version: Annotated[
        str | None, typer.Argument(metavar="VERSION", help="Default: the one that was on its way last.")
    ] = None,
    *,
    namespace: Namespace = None,
    output: Output = None,
    cluster_context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Tell the story of a version.

    What was decided about it, when, on which figures against which limits, and what people asked for.
    """
    asked = release_version(version) if version is not None else None
    session, release = open_release(
        context, name, namespace=namespace, kubeconfig=kubeconfig, cluster_context=cluster_context
    )
    chosen = version_to_explain(release, asked)
    view = story_view(release, revision_of(release, revisions_of(session.cluster, release), chosen))
    if output is not None:
        write_document(session.environment.console, output, view)
    else:
        show(session.environment.console, story_picture(view, session.environment.now()))
