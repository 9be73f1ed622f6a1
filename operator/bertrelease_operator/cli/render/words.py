"""Marks and colours: every meaning has a sign of its own, so that nothing depends on colour."""

from typing import Final

from rich.text import Text

from bertrelease_operator.api.status import Phase, RevisionVerdict, Verdict
from bertrelease_operator.cli.views.model import Role

MARKS: Final = {
    Verdict.PASS: ("✓", "green"),
    Verdict.FAIL: ("✗", "bold red"),
    Verdict.INCONCLUSIVE: ("?", "yellow"),
    Verdict.NO_DATA: ("∅", "yellow"),
    Verdict.SOURCE_DOWN: ("!", "magenta"),
}
PHASE_STYLES: Final = {
    Phase.PENDING: "yellow",
    Phase.PROGRESSING: "cyan",
    Phase.ANALYZING: "cyan",
    Phase.OBSERVING: "green",
    Phase.HEALTHY: "bold green",
    Phase.ROLLED_BACK: "bold red",
    Phase.PAUSED: "yellow",
    Phase.REFUSED: "bold red",
    Phase.DEGRADED: "bold red",
}
VERDICT_STYLES: Final = {
    RevisionVerdict.CANDIDATE: "cyan",
    RevisionVerdict.PROVEN: "green",
    RevisionVerdict.UNPROVEN: "yellow",
    RevisionVerdict.REJECTED: "bold red",
    RevisionVerdict.SUPERSEDED: "dim",
}
ROLES: Final = {
    Role.SERVING: ("█", "green"),
    Role.CANDIDATE: ("▒", "cyan"),
    Role.SHARING: ("▓", "magenta"),
    Role.LEAVING: ("░", "yellow"),
}


def heading(title: str, rest: str = "") -> Text:
    """A section's first line."""
    text = Text(title, style="bold")
    if rest:
        text.append(f"  {rest}", style="not bold")
    return text


def figure(value: float | None, unit: str) -> str:
    """`1234.5, "ms"` -> `1,234.5 ms`: at most two decimals; a dash for no value."""
    if value is None:
        return "–"
    number = f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{number} {unit}".strip()
