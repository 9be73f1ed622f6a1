"""Many releases, one line each."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from bertrelease_operator.cli.durations import age
from bertrelease_operator.cli.render.words import PHASE_STYLES
from bertrelease_operator.cli.views.model import ReleaseView, Role


def overview(views: Sequence[ReleaseView], now: float, *, with_namespace: bool) -> Table:
    """In kubectl's dress: upper-case titles, no lines. Names are folded rather than cut."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    titles = ("NAMESPACE",) if with_namespace else ()
    for title in (*titles, "NAME", "PHASE", "SERVING", "CANDIDATE", "TAKEN BACK", "AGE"):
        table.add_column(title, overflow="fold", no_wrap=title in {"PHASE", "AGE"})
    for view in views:
        cells = (view.namespace,) if with_namespace else ()
        table.add_row(
            *cells,
            view.name,
            Text(view.phase, style=PHASE_STYLES[view.phase]),
            view.serving or "–",
            _candidate(view),
            _rollback(view, now),
            age(view.created_at, now),
        )
    return table


def _candidate(view: ReleaseView) -> str:
    if view.candidate is None:
        return "–"
    weight = next((share.applied for share in view.traffic if share.role is Role.CANDIDATE), 0)
    return f"{view.candidate.version} {weight} %"


def _rollback(view: ReleaseView, now: float) -> str:
    rollback = view.last_rollback
    if rollback is None:
        return "–"
    when = f" {age(rollback.at, now)} ago" if rollback.at is not None else ""
    return f"{rollback.version}{when}"
