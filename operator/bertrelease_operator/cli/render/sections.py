"""What pictures are put together from."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text


def apart(sections: Sequence[RenderableType]) -> Group:
    """One below the other, with a blank line between."""
    spaced: list[RenderableType] = []
    for section in sections:
        spaced += [Text(""), section] if spaced else [section]
    return Group(*spaced)
