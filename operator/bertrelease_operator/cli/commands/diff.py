"""`kubectl bert diff`: two versions side by side."""

from typing import Annotated

import typer

from bertrelease_operator.cli.commands.options import Output, checked_version, on_release
from bertrelease_operator.cli.environment import Session
from bertrelease_operator.cli.lookup import revision_of, revisions_of
from bertrelease_operator.cli.objects import Release
from bertrelease_operator.cli.output import show, write_document
from bertrelease_operator.cli.render.diff import diff_picture
from bertrelease_operator.cli.views.diff import diff_view


@on_release
def diff(
    session: Session,
    release: Release,
    *,
    first: Annotated[str, typer.Argument(metavar="VERSION1", callback=checked_version)],
    second: Annotated[str, typer.Argument(metavar="VERSION2", callback=checked_version)],
    output: Output = None,
) -> None:
    """Compare two versions.

    Image, model and config, where they differ, and the evidence on which each was judged, side by side.
    """
    revisions = revisions_of(session.cluster, release)
    view = diff_view(release, *(revision_of(release, revisions, version) for version in (first, second)))
    if output is not None:
        write_document(session.environment.console, output, view)
    else:
        show(session.environment.console, diff_picture(view))
