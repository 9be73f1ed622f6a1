"""Two versions, as a unified diff of what they are, and a table of how they fared."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bertrelease_operator.cli.render.sections import apart
from bertrelease_operator.cli.render.words import MARKS, VERDICT_STYLES, figure, heading
from bertrelease_operator.cli.views.diff import Comparison, Difference, DiffView, Figure, Side


def diff_picture(view: DiffView) -> Group:
    """The first version is the old one, whichever is younger."""
    sections: list[RenderableType] = [Group(_title("---", view.first), _title("+++", view.second))]
    if view.contents or view.running:
        sections += [_unified(found) for found in (view.contents, view.running) if found]
    else:
        sections.append(Text("Nothing differs in what they are made of."))
    for title, compared in (("Evidence", view.checks), ("Gates", view.gates)):
        if compared:
            table = _side_by_side(compared, view.first.version, view.second.version)
            sections.append(Group(heading(title), Padding.indent(table, 2)))
    return apart(sections)


def _title(sign: str, side: Side) -> Text:
    text = Text.assemble(f"{sign} ", (side.version, "bold"), "  ", (side.verdict, VERDICT_STYLES[side.verdict]))
    if side.reason:
        text.append(f"  {side.reason}")
    if side.serving:
        text.append("  serves")
    return text


def _unified(differences: Sequence[Difference]) -> RenderableType:
    lines = []
    for one in differences:
        lines += [Text(f"- {one.field}: {one.first}", style="red")] if one.first else []
        lines += [Text(f"+ {one.field}: {one.second}", style="green")] if one.second else []
    return Group(*lines)


def _side_by_side(compared: Sequence[Comparison], first: str, second: str) -> Table:
    table = Table.grid(padding=(0, 2))
    for justify in ("left", "right", "left", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    table.add_row("", Text(first, style="dim"), "", Text(second, style="dim"), "")
    for one in compared:
        table.add_row(one.name, *_cells(one.first, one.unit), *_cells(one.second, one.unit))
    return table


def _cells(found: Figure | None, unit: str) -> tuple[str, Text]:
    if found is None:
        return "–", Text("")
    mark, style = MARKS[found.verdict]
    limit = f"of {figure(found.limit, unit)}" if found.limit is not None else found.verdict.value
    return figure(found.value, unit) if found.value is not None else "", Text.assemble((mark, style), f" {limit}")
