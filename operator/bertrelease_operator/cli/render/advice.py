"""What a person can do, as commands to copy."""

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bertrelease_operator.cli.render.words import heading
from bertrelease_operator.cli.views.model import Advice

# Commands up to this width leave room for their purpose beside them on 80 columns.
_BESIDE_CELLS: Final = 46


def advice_section(advice: Sequence[Advice]) -> RenderableType:
    if max(len(item.command) for item in advice) > _BESIDE_CELLS:
        lines = [Text.assemble((f"{item.purpose}:\n", ""), (f"  {item.command}", "bold")) for item in advice]
        return Group(heading("You can"), *(Padding.indent(line, 2) for line in lines))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    for item in advice:
        table.add_row(Text(item.command, style="bold"), item.purpose)
    return Group(heading("You can"), Padding.indent(table, 2))
