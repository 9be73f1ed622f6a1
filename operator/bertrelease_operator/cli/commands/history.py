"""`kubectl bert history`: every version of a release, and what became of it."""

from bertrelease_operator.cli.commands.options import Output, on_release
from bertrelease_operator.cli.environment import Session
from bertrelease_operator.cli.lookup import revisions_of
from bertrelease_operator.cli.objects import Release, capacities
from bertrelease_operator.cli.output import show, write_document
from bertrelease_operator.cli.render.history import history_picture
from bertrelease_operator.cli.views.history import history_view


@on_release
def history(session: Session, release: Release, *, output: Output = None) -> None:
    """Show every version and what became of it."""
    deployments = session.cluster.deployments(session.namespace, release.name)
    versions = history_view(revisions_of(session.cluster, release), capacities(deployments), release.status.stable)
    console = session.environment.console
    if output is not None:
        write_document(console, output, versions)
    elif versions:
        show(console, history_picture(versions, session.environment.now()))
    else:
        session.say(f"No version of {release.name} is recorded yet.")
