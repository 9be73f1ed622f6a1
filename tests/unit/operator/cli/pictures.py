"""The picture of a release as text, and parts of it."""

from bertrelease_operator.cli.objects import Release, Revision
from bertrelease_operator.cli.render.release import release_picture
from bertrelease_operator.cli.views.build import release_view
from tests.unit.operator.cli.builders import (
    NOW,
)
from tests.unit.operator.cli.painting import painted


def picture(found: Release, *revisions: Revision, width: int = 80) -> str:
    return painted(release_picture(release_view(found, revisions, NOW), NOW), width)


def section(shown: str, title: str) -> str:
    """From the line that begins with `title` to the next empty line."""
    return next(part for part in shown.rstrip().split("\n\n") if part.startswith(title))
