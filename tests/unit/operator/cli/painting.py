"""Pictures as plain text, as a terminal of 80 columns without colour shows them."""

import io
from textwrap import dedent

from rich.console import Console, RenderableType

from bertrelease_operator.cli.output import show


def painted(picture: RenderableType, width: int = 80) -> str:
    """Lines without trailing blanks."""
    stream = io.StringIO()
    show(Console(file=stream, width=width, color_system=None, highlight=False), picture)
    return stream.getvalue()


def drawn(text: str) -> str:
    """An expectation that is written indented, beginning on its second line."""
    return dedent(text).removeprefix("\n")
