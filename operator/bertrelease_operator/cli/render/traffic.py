"""Who gets how much: three bars, because wanted, written and seen are three things."""

from collections.abc import Callable, Sequence
from typing import Final

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bertrelease_operator.cli.render.words import ROLES, heading
from bertrelease_operator.cli.views.model import Share

BAR_CELLS: Final = 40


def traffic(shares: Sequence[Share], *, measured: bool) -> Group:
    """A legend and the bars; the observed one only while requests are `measured`."""
    rows = Table.grid(padding=(0, 2))
    rows.add_row("desired", *_row(shares, lambda share: share.desired))
    rows.add_row("applied", *_row(shares, lambda share: share.applied))
    if any(share.observed is not None for share in shares):
        rows.add_row("observed", *_row(shares, lambda share: share.observed or 0))
    elif measured:
        rows.add_row("observed", Text("too few requests to tell", style="dim"), "")
    return Group(heading("Traffic"), Padding.indent(_legend(shares), 2), Padding.indent(rows, 2))


def bar_cells(weights: Sequence[int]) -> list[int]:
    """Cells for each of `weights` (percent), `BAR_CELLS` in all for 100 %; no weight above 0 vanishes."""
    cells = [max(1, round(BAR_CELLS * weight / 100)) if weight > 0 else 0 for weight in weights]
    surplus = sum(cells) - round(BAR_CELLS * sum(weights) / 100)
    if cells:
        cells[cells.index(max(cells))] -= surplus
    return cells


def _row(shares: Sequence[Share], weight_of: Callable[[Share], int]) -> tuple[Text, Text]:
    weights = [weight_of(share) for share in shares]
    if not any(weights):
        return Text("no traffic", style="dim"), Text("")
    bar = Text()
    for share, cells in zip(shares, bar_cells(weights), strict=True):
        sign, style = ROLES[share.role]
        bar.append(sign * cells, style=style)
    return bar, Text(" : ".join(str(weight) for weight in weights) + " %")


def _legend(shares: Sequence[Share]) -> Text:
    legend = Text()
    for share in shares:
        sign, style = ROLES[share.role]
        legend.append("   " if legend else "")
        legend.append(sign, style=style)
        legend.append(f" {share.version}", style="bold")
        legend.append(f" {share.role}")
    return legend
