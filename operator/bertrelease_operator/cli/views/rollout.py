"""The candidate: where it is, how long it must hold, and when its time is up."""

from dataclasses import dataclass

from bertrelease_operator.api.status import RolloutStage, RolloutStatus
from bertrelease_operator.cli.durations import duration
from bertrelease_operator.cli.objects import Release
from bertrelease_operator.cli.views.model import Candidate, Watched
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.gates.points import gate_at_work
from bertrelease_operator.core.observation import Observation
from bertrelease_operator.core.patience import blind_limit_reached, stage_age
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.steps import awaits_person, current_step, step_index
from bertrelease_operator.core.strategies.registry import plan_of


@dataclass(frozen=True, slots=True)
class _Deadline:
    seconds_left: float
    then: str


def candidate(release: Release, now: float) -> Candidate | None:
    """None if no version is on its way."""
    rollout = release.status.rollout
    if rollout is None:
        return None
    stepping = rollout.stage is RolloutStage.STEPPING
    deadline = _deadline(release, rollout, now)
    steps = plan_of(release.spec.strategy).steps
    return Candidate(
        version=rollout.version,
        attempt=rollout.attempt,
        stage=rollout.stage,
        step=step_index(release.spec, rollout) + 1 if stepping else None,
        place=current_step(release.spec, rollout).place if stepping else "",
        step_weights=tuple(step.weight for step in steps),
        step_names=tuple(step.name for step in steps),
        analysed=rollout.analysed,
        by_hand=rollout.by_hand,
        awaits_person=awaits_person(release.spec, rollout),
        ready=_is_ready(rollout),
        stage_seconds=max(0.0, now - to_epoch(rollout.stage_entered_at)),
        hold_seconds_left=_hold_left(release, rollout, now) if stepping else None,
        deadline_seconds_left=max(0.0, deadline.seconds_left) if deadline is not None else None,
        clock_stopped=_clock_stopped(release, rollout, now) if deadline is not None else "",
        at_deadline=deadline.then if deadline is not None else "",
    )


def waits_for_person(release: Release, now: float) -> bool:
    """After a long outage of the source of figures the release goes on only when a person says so."""
    rollout = release.status.rollout
    if rollout is None or rollout.stage is not RolloutStage.STEPPING:
        return False
    return blind_limit_reached(_situation(release, now), rollout)


def watched(release: Release, now: float) -> Watched | None:
    """None when the serving version is no longer watched for a rollback."""
    observation = release.status.observation
    if observation is None:
        return None
    end = to_epoch(observation.since) + release.spec.strategy.observation_seconds
    return Watched(
        version=observation.version, previous=observation.previous, seconds_left=max(0.0, end - now)
    )  # fmt: skip


def _situation(release: Release, now: float) -> Situation:
    """What the operator's own arithmetic about patience needs to know."""
    observation = Observation(release.namespace, release.name, release.generation, release.spec, release.status)
    return Situation(observation, now, release.status.version)


def _hold_left(release: Release, rollout: RolloutStatus, now: float) -> float | None:
    """None until the route carries the step's weight: the hold counts from then."""
    step = current_step(release.spec, rollout)
    if release.status.weights.applied.get(rollout.version, 0) != step.weight:
        return None
    return max(0.0, to_epoch(rollout.stage_entered_at) + step.hold_seconds - now)


def _deadline(release: Release, rollout: RolloutStatus, now: float) -> _Deadline | None:
    """None for the very first version: there is nothing to go back to, so it may take its time.

    None for a version that is ready to start, too: only to become ready has a deadline.
    """
    if release.status.stable is None:
        return None
    strategy, situation = release.spec.strategy, _situation(release, now)
    progress = Progress.of(situation.observation)
    held = gate_at_work(situation, progress)
    if held is not None:
        gate, status = held
        left = to_epoch(status.started_at) + gate.limit_seconds - now
        return _Deadline(left, f"at gate {gate.name}, then traffic goes back, unproven")
    if _is_ready(rollout):
        return None
    age = stage_age(situation, rollout)
    if rollout.stage is RolloutStage.STARTING:
        return _Deadline(strategy.ready_deadline_seconds - age, f"then {rollout.version} is rejected")
    limit = strategy.step_deadline_seconds if rollout.analysed else strategy.ready_deadline_seconds
    return _Deadline(limit - age, "then traffic goes back" + (", unproven" if rollout.analysed else ""))


def _is_ready(rollout: RolloutStatus) -> bool:
    return rollout.stage is RolloutStage.STARTING and rollout.ready_since is not None


def _clock_stopped(release: Release, rollout: RolloutStatus, now: float) -> str:
    if rollout.blind_since is not None:
        return f"the source of figures has been down for {duration(now - to_epoch(rollout.blind_since))}"
    return "paused" if release.spec.paused else ""
