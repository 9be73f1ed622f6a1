"""What a person can do next, as exact commands."""

from collections.abc import Callable, Iterator, Sequence

from bertrelease_operator.api.status import Phase, RevisionVerdict, RolloutStage, RolloutStatus
from bertrelease_operator.cli.approvals import asking_gate
from bertrelease_operator.cli.command_lines import bert_command, edit_command, logs_command
from bertrelease_operator.cli.objects import Release, Revision
from bertrelease_operator.cli.views.model import Advice
from bertrelease_operator.cli.views.rollout import waits_for_person
from bertrelease_operator.core.steps import awaits_person

_Source = Callable[[Release, Sequence[Revision], float], Iterator[Advice]]


def advice(release: Release, revisions: Sequence[Revision], now: float) -> tuple[Advice, ...]:
    """The most urgent first."""
    return tuple(suggestion for source in _SOURCES for suggestion in source(release, revisions, now))


def _spec(release: Release, _revisions: Sequence[Revision], _now: float) -> Iterator[Advice]:
    if release.status.phase is Phase.REFUSED:
        yield Advice(purpose="put the spec right, as the message says", command=edit_command(release))
    if release.spec.paused:
        yield Advice(purpose="go on (spec.paused: false)", command=bert_command(release, "resume"))


def _serving(release: Release, _revisions: Sequence[Revision], _now: float) -> Iterator[Advice]:
    if release.status.phase is Phase.DEGRADED and release.status.stable is not None:
        purpose = f"read why {release.status.stable} has no ready pod"
        yield Advice(purpose=purpose, command=logs_command(release, release.status.stable))


def _rollout(release: Release, _revisions: Sequence[Revision], now: float) -> Iterator[Advice]:
    rollout = release.status.rollout
    if rollout is None:
        return
    if waits_for_person(release, now):
        purpose = f"judge {rollout.version} anew at this step, once the source of figures is back"
        yield Advice(purpose=purpose, command=bert_command(release, "resume"))
    asking = asking_gate(rollout)
    if asking is not None:
        purpose = f"approve {rollout.version} (gate {asking.name})"
        yield Advice(
            purpose=purpose, command=bert_command(release, "approve", rollout.version, f"--gate {asking.name}")
        )
    if rollout.stage is RolloutStage.STEPPING and rollout.promoted_at is None and not release.spec.paused:
        without = "" if awaits_person(release.spec, rollout) else ", without further evidence"
        purpose = f"all traffic to {rollout.version} now{without}"
        yield Advice(purpose=purpose, command=bert_command(release, "promote"))
    if rollout.stage is RolloutStage.STARTING and not rollout.gates:
        purpose = f"read what {rollout.version} says while it starts"
        yield Advice(purpose=purpose, command=logs_command(release, rollout.version))
    yield from _leaving(release, rollout)


def _leaving(release: Release, rollout: RolloutStatus) -> Iterator[Advice]:
    stable = release.status.stable
    if stable is None:
        return
    yield Advice(purpose=f"give {rollout.version} up, all traffic to {stable}", command=bert_command(release, "abort"))
    if not release.spec.paused and rollout.analysed:
        yield Advice(purpose="freeze it where it is", command=bert_command(release, "pause"))


def _taken_back(release: Release, revisions: Sequence[Revision], _now: float) -> Iterator[Advice]:
    status = release.status
    unserved = status.phase is Phase.PENDING and status.concluded is not None
    if not (status.phase is Phase.ROLLED_BACK or unserved) or status.version is None:
        return
    yield Advice(purpose="see how it came to that", command=bert_command(release, "explain", status.version))
    yield Advice(purpose=f"try {status.version} once more", command=bert_command(release, "retry", status.version))
    if status.stable is not None:
        purpose = f"settle for {status.stable}: set spec.version to it, or to a new version"
        yield Advice(purpose=purpose, command=edit_command(release))
    yield from _history(release, revisions)


def _resting(release: Release, revisions: Sequence[Revision], _now: float) -> Iterator[Advice]:
    status = release.status
    if status.rollout is not None or status.phase not in {Phase.HEALTHY, Phase.OBSERVING, Phase.DEGRADED}:
        return
    if status.observation is not None and status.observation.previous is not None:
        purpose = f"take {status.observation.version} back, all traffic to {status.observation.previous}"
        yield Advice(purpose=purpose, command=bert_command(release, "abort"))
    proven = [
        revision
        for revision in revisions
        if revision.status.verdict is RevisionVerdict.PROVEN and revision.version != status.stable
    ]
    if proven:
        latest = max(proven, key=lambda revision: revision.status.served_until or "")
        yield Advice(purpose=f"go back: set spec.version to {latest.version}", command=edit_command(release))
    yield from _history(release, revisions)


def _history(release: Release, revisions: Sequence[Revision]) -> Iterator[Advice]:
    if len(revisions) > 1:
        yield Advice(purpose="see every version and its verdict", command=bert_command(release, "history"))


_SOURCES: tuple[_Source, ...] = (_spec, _serving, _rollout, _taken_back, _resting)
