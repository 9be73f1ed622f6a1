"""Each check at one look: figure against limit, what it rests on, and what is wrong with it."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bertrelease_operator.api.status import CheckStatus, Verdict
from bertrelease_operator.cli.render.words import MARKS, figure, heading


def checks_section(checks: Sequence[CheckStatus], whose: str) -> Group:
    """A table, and under it the operator's sentence for every check that is not a plain pass."""
    table = Table.grid(padding=(0, 2))
    for justify in ("left", "left", "right", "right", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    table.add_row(*(Text(title, style="dim") for title in ("", "check", "figure", "limit", "sample", "verdict")))
    for check in checks:
        mark, style = MARKS[check.verdict]
        table.add_row(
            Text(mark, style=style),
            check.name,
            figure(check.value, check.unit),
            figure(check.limit, check.unit),
            f"{check.sample:,}" if check.sample else "–",
            Text(check.verdict, style=style),
        )
    return Group(heading("Checks", f"of {whose}"), Padding.indent(table, 2), *_remarks(checks))


def _remarks(checks: Sequence[CheckStatus]) -> list[RenderableType]:
    remarks: list[RenderableType] = []
    for check in checks:
        if check.verdict is Verdict.PASS or not check.message:
            continue
        mark, style = MARKS[check.verdict]
        text = Text.assemble((f"{mark} ", style), (f"{check.name}: ", "bold"), check.message)
        remarks.append(Padding.indent(text, 2))
    return remarks
