"""`kubectl bert explain`: what was decided about a version, when, and on which figures."""

from bertrelease_operator.cli.commands.options import Output, ReleaseVersion, on_release
from bertrelease_operator.cli.environment import Session
from bertrelease_operator.cli.lookup import revision_of, revisions_of
from bertrelease_operator.cli.objects import Release
from bertrelease_operator.cli.output import show, write_document
from bertrelease_operator.cli.render.story import story_picture
from bertrelease_operator.cli.views.story import story_view, version_to_explain


@on_release
def explain(session: Session, release: Release, *, version: ReleaseVersion = None, output: Output = None) -> None:
    """Tell the story of a version.

    What was decided about it, when, on which figures against which limits, and what people asked for.
    """
    chosen = version_to_explain(release, version)
    view = story_view(release, revision_of(release, revisions_of(session.cluster, release), chosen))
    if output is not None:
        write_document(session.environment.console, output, view)
    else:
        show(session.environment.console, story_picture(view, session.environment.now()))
