"""The candidate's way: stages done, the one it is in, and the ones to come."""

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from bertrelease_operator.api.status import RolloutStage
from bertrelease_operator.cli.durations import duration
from bertrelease_operator.cli.render.words import heading
from bertrelease_operator.cli.views.model import Candidate, Watched


def candidate_section(candidate: Candidate) -> Group:
    notes = [f"attempt {candidate.attempt}"] if candidate.attempt > 1 else []
    notes += ["promoted by hand"] if candidate.by_hand else []
    notes += ["proven before, no new analysis"] if not candidate.analysed else []
    title = heading(f"Candidate {candidate.version}", ", ".join(notes))
    lines = [_path(candidate)] if candidate.analysed else []
    lines.append(Text(f"{_where(candidate)}; {_times(candidate)}"))
    return Group(title, *(Padding.indent(line, 2) for line in lines))


def watched_line(watched: Watched) -> Text:
    back = f"a failure gives {watched.previous} the traffic back" if watched.previous else "nothing to go back to"
    return heading(f"Watching {watched.version}", f"for another {duration(watched.seconds_left)}; {back}")


def _path(candidate: Candidate) -> Text:
    stops = ["start", *candidate.step_names, "100 %"]
    current = _current_stop(candidate)
    text = Text()
    for index, stop in enumerate(stops):
        text.append(" ─ " if index else "", style="dim")
        if index < current:
            text.append(f"✓ {stop}", style="green")
        elif index == current:
            text.append(f"▶ {stop}", style="bold cyan")
        else:
            text.append(f"· {stop}", style="dim")
    return text


def _current_stop(candidate: Candidate) -> int:
    match candidate.stage:
        case RolloutStage.STARTING:
            return 0
        case RolloutStage.STEPPING:
            return candidate.step or 1
        case RolloutStage.SWITCHING:
            return len(candidate.step_weights) + 1


def _where(candidate: Candidate) -> str:
    since = f"for {duration(candidate.stage_seconds)}"
    if candidate.stage is RolloutStage.STARTING:
        return f"Starting {since}, no traffic yet"
    if candidate.step is None:
        return f"Switching to 100 % {since}"
    return f"Stepping: step {candidate.step} of {len(candidate.step_names)} {candidate.place} {since}"


def _times(candidate: Candidate) -> str:
    if candidate.awaits_person:
        return "passed, and waits for a person to promote or abort it"
    parts = []
    if candidate.step is not None:
        parts.append(_hold(candidate.hold_seconds_left))
    if candidate.deadline_seconds_left is None:
        parts.append("its pods are ready" if candidate.ready else "no deadline: nothing served before it")
    else:
        stopped = f" (stopped: {candidate.clock_stopped})" if candidate.clock_stopped else ""
        parts.append(f"deadline in {duration(candidate.deadline_seconds_left)}{stopped}, {candidate.at_deadline}")
    return "; ".join(parts)


def _hold(seconds_left: float | None) -> str:
    if seconds_left is None:
        return "hold begins when the route has this weight"
    return f"hold {duration(seconds_left)} left" if seconds_left else "hold over, waiting for a pass"
