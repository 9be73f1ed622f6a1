"""A replay beside what happened."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bertrelease_operator.cli.durations import duration
from bertrelease_operator.cli.render.checks import checks_section
from bertrelease_operator.cli.render.sections import apart
from bertrelease_operator.cli.render.story import told_table
from bertrelease_operator.cli.render.words import VERDICT_STYLES, heading
from bertrelease_operator.cli.views.replay import OutcomeView, ReplayView
from bertrelease_operator.core.replay.run import Ended

_ENDED = {
    Ended.BY_POLICY: "",
    Ended.AS_RECORDED: "No limit would have changed that.",
    Ended.UNDECIDED: "The record ends here; nothing is known of what came after.",
}


def replays_picture(views: Sequence[ReplayView]) -> RenderableType:
    """One in full, several in a table."""
    return _one(views[0]) if len(views) == 1 else _many(views)


def _one(view: ReplayView) -> Group:
    table = Table.grid(padding=(0, 2))
    table.add_row("recorded", *_cells(view.recorded))
    table.add_row("replayed", *_cells(view.replayed))
    header = Group(
        Text.assemble((view.version, "bold"), f"  of {view.release}, with {view.policy}"),
        Padding.indent(table, 2),
        *[Text(line) for line in (_said(view),) if line],
    )
    story = Group(heading("Story", "as it would have been"), Padding.indent(told_table(view.story), 2))
    sections: list[RenderableType] = [header, story]
    if view.checks:
        sections.append(checks_section(view.checks, f"{view.version}, at the end of the replay"))
    if view.remarks:
        sections.append(_remarks(view.remarks))
    return apart(sections)


def _many(views: Sequence[ReplayView]) -> Group:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("", "VERSION", "RECORDED", "REASON", "AFTER", "REPLAYED", "REASON", "AFTER"):
        table.add_column(title, no_wrap=True)
    for view in views:
        mark = Text(" ") if view.same else Text("≠", style="yellow")
        table.add_row(mark, view.version, *_cells(view.recorded)[:3], *_cells(view.replayed)[:3])
    told = [Text.assemble((view.version, "bold"), f" {_said(view)}") for view in views if not view.same]
    remarks = list(dict.fromkeys(remark for view in views for remark in view.remarks))
    sections: list[RenderableType] = [Text(f"With {views[0].policy}"), table]
    sections += [Group(*told)] if told else []
    sections += [_remarks(remarks)] if remarks else []
    return apart(sections)


def _cells(outcome: OutcomeView) -> tuple[Text, str, str, str]:
    after = f"{duration(outcome.seconds)}" if outcome.seconds is not None else "–"
    where = f"step {outcome.step}, at most {outcome.weight} % of the traffic" if outcome.step is not None else ""
    return Text(outcome.verdict, style=VERDICT_STYLES[outcome.verdict]), outcome.reason or "–", after, where


def _said(view: ReplayView) -> str:
    if view.same and view.ended is Ended.BY_POLICY:
        return "The same would have happened."
    parts = (view.replayed.message, _ENDED[view.ended])
    return " ".join(part for part in parts if part)


def _remarks(remarks: Sequence[str]) -> RenderableType:
    return Group(heading("What the record cannot say"), *(Padding.indent(Text(f"· {text}"), 2) for text in remarks))
