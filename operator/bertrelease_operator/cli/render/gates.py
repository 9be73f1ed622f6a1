"""Each passage of a gate: what came of it, why, and the cases that failed."""

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bertrelease_operator.api.status import GateStatus, Verdict
from bertrelease_operator.cli.render.words import MARKS, heading
from bertrelease_operator.core.gates.points import before_words

# The BertRevision has more of them.
_SHOWN_FAILURES: Final = 5


def gates_section(gates: Sequence[GateStatus], whose: str) -> Group:
    """A table, and under it what there is to say about those that have not passed, or that somebody passed by name."""
    table = Table.grid(padding=(0, 2))
    for _ in range(4):
        table.add_column(no_wrap=True)
    for gate in gates:
        mark, style = MARKS[gate.verdict]
        table.add_row(Text(mark, style=style), gate.name, before_words(gate.point), Text(gate.verdict, style=style))
    remarks = [remark for gate in gates for remark in _remarks(gate)]
    return Group(heading("Gates", f"of {whose}"), Padding.indent(table, 2), *remarks)


def _remarks(gate: GateStatus) -> list[RenderableType]:
    if gate.verdict is Verdict.PASS and not gate.by:
        return []
    mark, style = MARKS[gate.verdict]
    lines = [Text.assemble((f"{mark} ", style), (f"{gate.name}: ", "bold"), gate.message)]
    for failure in gate.failures[:_SHOWN_FAILURES]:
        stable = f", stable version {failure.stable_got}" if failure.stable_got else ""
        lines.append(Text(f"  {failure.case}: expected {failure.expected}, got {failure.got}{stable}"))
    hidden = gate.total_failures - min(len(gate.failures), _SHOWN_FAILURES)
    if gate.failures and hidden > 0:
        lines.append(Text(f"  and {hidden} more"))
    return [Padding.indent(line, 2) for line in lines]
