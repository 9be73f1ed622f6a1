"""The story of one version: what happened when, on which figures."""

from collections.abc import Sequence

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bertrelease_operator.api.status import CheckStatus
from bertrelease_operator.cli.durations import age, duration
from bertrelease_operator.cli.render.advice import advice_section
from bertrelease_operator.cli.render.checks import checks_section
from bertrelease_operator.cli.render.gates import gates_section
from bertrelease_operator.cli.render.history import short_digest, short_image
from bertrelease_operator.cli.render.sections import apart
from bertrelease_operator.cli.render.words import MARKS, VERDICT_STYLES, figure, heading
from bertrelease_operator.cli.views.story import StoryView, Told


def story_picture(view: StoryView, now: float) -> Group:
    """`now` (epoch seconds) is what ages are counted to."""
    sections: list[RenderableType] = [_header(view, now)]
    if view.story:
        sections.append(_story(view, now))
    else:
        sections.append(Text("Nothing was told of it: it was judged before its operator kept stories."))
    if view.checks:
        sections.append(checks_section(view.checks, f"{view.version}, when it was judged"))
    if view.gates:
        sections.append(gates_section(view.gates, view.version))
    if view.advice:
        sections.append(advice_section(view.advice))
    return apart(sections)


def told_table(story: Sequence[Told]) -> Table:
    """Seconds since the rollout began, what was decided, and the figures; what was waited for is set back."""
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for told in story:
        style = "dim" if told.holds else ""
        table.add_row(
            Text(f"+{duration(told.seconds)}", style="dim"),
            Text(f"{told.weight} %" if told.weight else "", style=style),
            Text.assemble(("  " if told.holds else "", ""), (told.message or told.reason, style or "bold")),
        )
        if told.checks:
            table.add_row("", "", _figures(told.checks))
    return table


def _header(view: StoryView, now: float) -> RenderableType:
    when = f" {age(view.decided_at, now)} ago" if view.decided_at is not None else ""
    notes = [f"attempt {view.attempt}"] if view.attempt > 1 else []
    notes += ["serves"] if view.serving else []
    line = Text.assemble(
        (view.verdict, VERDICT_STYLES[view.verdict]),
        (f"  {view.version}", "bold"),
        f"  of {view.release}  namespace {view.namespace}",
        *(f"  {note}" for note in notes),
    )
    made_of = [short_image(view.image), f"fingerprint {short_digest(view.fingerprint)}" if view.fingerprint else ""]
    lines = [line]
    if view.message:
        lines.append(Text(f"{view.reason}{when}: {view.message}"))
    lines.append(Text("  ".join(part for part in made_of if part), style="dim"))
    return Group(*lines)


def _story(view: StoryView, now: float) -> RenderableType:
    against = f", compared with {view.baseline}" if view.baseline is not None else ""
    title = heading("Story", f"began {age(view.story[0].at, now)} ago{against}")
    return Group(title, Padding.indent(told_table(view.story), 2))


def _figures(checks: Sequence[CheckStatus]) -> RenderableType:
    return Padding.indent(Columns([_against_limit(check) for check in checks], padding=(0, 3, 0, 0)), 4)


def _against_limit(check: CheckStatus) -> Text:
    """`✗ p95-latency 212 of 100 ms`."""
    mark, style = MARKS[check.verdict]
    limit = f" of {figure(check.limit, check.unit)}" if check.limit is not None else f" {check.unit}"
    return Text.assemble((mark, style), f" {check.name} {figure(check.value, '')}{limit}".rstrip())
