"""One release on one screen."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bertrelease_operator.cli.durations import age
from bertrelease_operator.cli.render.advice import advice_section
from bertrelease_operator.cli.render.candidate import candidate_section, watched_line
from bertrelease_operator.cli.render.checks import checks_section
from bertrelease_operator.cli.render.gates import gates_section
from bertrelease_operator.cli.render.sections import apart
from bertrelease_operator.cli.render.traffic import traffic
from bertrelease_operator.cli.render.words import PHASE_STYLES, heading
from bertrelease_operator.cli.views.model import Problem, ReleaseView, Rollback


def release_picture(view: ReleaseView, now: float) -> Group:
    """`now` (epoch seconds) is what ages are counted to."""
    sections = [_header(view, now)]
    if view.traffic:
        sections.append(traffic(view.traffic, measured=view.candidate is not None or view.watched is not None))
    if view.candidate is not None:
        sections.append(candidate_section(view.candidate))
    if view.watched is not None:
        sections.append(watched_line(view.watched))
    if view.gates:
        sections.append(gates_section(view.gates, view.gates_of))
    if view.checks:
        sections.append(checks_section(view.checks, view.checks_of))
    if view.last_rollback is not None:
        sections.append(_rollback(view, view.last_rollback, now))
    if view.problems:
        sections.append(_problems(view, now))
    if view.advice:
        sections.append(advice_section(view.advice))
    return apart(sections)


def _header(view: ReleaseView, now: float) -> RenderableType:
    line = Text.assemble(
        (view.phase, PHASE_STYLES[view.phase]),
        ("  " + view.name, "bold"),
        f"  namespace {view.namespace}  asked for {view.asked_for}  age {age(view.created_at, now)}",
    )
    if view.paused:
        line.append("  paused", style="yellow")
    lines: list[RenderableType] = [line]
    lines += [Text(view.message)] if view.message else []
    lines += [Text(f"! {view.behind}", style="yellow")] if view.behind else []
    return Group(*lines)


def _rollback(view: ReleaseView, rollback: Rollback, now: float) -> RenderableType:
    when = f"{age(rollback.at, now)} ago" if rollback.at is not None else ""
    back = f"back to {rollback.serving}" if rollback.serving is not None else ""
    facts = ", ".join(part for part in (when, back, rollback.verdict) if part)
    lines = [f"{rollback.reason}: {rollback.message}"]
    if rollback.message in view.message:  # said at the top already
        lines = [rollback.reason]
    said = {rollback.message, *(check.message for check in view.checks)}
    lines += [
        f"{check.name}: {check.message}"
        for check in rollback.checks
        if not any(check.message in sentence for sentence in said)
    ]
    title = heading(f"Last rollback {rollback.version}", facts)
    return Group(title, *(Padding.indent(Text(line), 2) for line in lines))


def _problems(view: ReleaseView, now: float) -> RenderableType:
    return Group(heading("Conditions"), *(Padding.indent(_problem(view, problem, now), 2) for problem in view.problems))


def _problem(view: ReleaseView, problem: Problem, now: float) -> Text:
    text = Text.assemble(
        ("✗ ", "red"),
        (f"{problem.type}={problem.status}", "bold"),
        f"  {problem.reason}  for {age(problem.since, now)}",
    )
    if problem.message and problem.message not in view.message:
        text.append(f": {problem.message}")
    return text
