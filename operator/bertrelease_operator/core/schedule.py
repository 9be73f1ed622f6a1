"""When a release must be looked at again although nothing happened."""

from bertrelease_operator.api.status import RolloutStage
from bertrelease_operator.core.autoscaling import steady_at
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.gates.passage import gate_moments
from bertrelease_operator.core.patience import clock_stands, stage_age, total_age
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.promotion.shown import show_by
from bertrelease_operator.core.steps import current_step
from bertrelease_operator.core.strategies.registry import plan_of
from bertrelease_operator.core.timing import DRAIN_SECONDS, QUIET_SECONDS, SETTLE_SECONDS


def next_look(situation: Situation, progress: Progress, *, route_moves: bool) -> float | None:
    """The earliest future moment at which time alone can change the decision; None when idle."""
    moments = [*_rollout_moments(situation, progress), *_observation_moments(situation, progress)]
    if situation.observation.spec.autoscaling is not None:
        moments.append(steady_at(situation, progress))
    changed_at = situation.now if route_moves else situation.observation.route_changed_at
    moments += [changed_at + QUIET_SECONDS, changed_at + DRAIN_SECONDS]
    future = [moment for moment in moments if moment > situation.now]
    return min(future) if future else None


def _rollout_moments(situation: Situation, progress: Progress) -> list[float]:
    rollout = progress.rollout
    if rollout is None:
        return []
    strategy = situation.observation.spec.strategy
    moments = gate_moments(situation, progress)
    if strategy.max_duration_seconds is not None:
        moments.append(situation.now + strategy.max_duration_seconds - total_age(situation, rollout))
    if rollout.ready_since is not None:
        moments.append(to_epoch(rollout.ready_since) + SETTLE_SECONDS)
    if rollout.stage is RolloutStage.STARTING:
        if not clock_stands(rollout):
            moments.append(situation.now + strategy.ready_deadline_seconds - stage_age(situation, rollout))
        moments += [until for until in [show_by(situation, progress)] if until is not None]
        return moments
    hold = current_step(situation.observation.spec, rollout).hold_seconds
    moments.append(max(to_epoch(rollout.stage_entered_at), situation.observation.route_changed_at) + hold)
    if not clock_stands(rollout):
        age = stage_age(situation, rollout)
        deadlines = (strategy.ready_deadline_seconds, strategy.step_deadline_seconds)
        moments += [situation.now + seconds - age for seconds in deadlines]
    return moments


def _observation_moments(situation: Situation, progress: Progress) -> list[float]:
    if progress.observation is None:
        return []
    since = to_epoch(progress.observation.since)
    strategy = situation.observation.spec.strategy
    return [since + strategy.observation_seconds, since + plan_of(strategy).steps[-1].hold_seconds]
