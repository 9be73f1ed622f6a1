"""How long a stage has lasted, not counting pauses and the time in which the source of figures was down."""

from bertrelease_operator.api.status import RolloutStatus, Verdict
from bertrelease_operator.core.clock import to_epoch, to_timestamp
from bertrelease_operator.core.progress import Situation


def counted_blindness(situation: Situation, rollout: RolloutStatus, verdict: Verdict) -> RolloutStatus:
    """Opens a blind spell when the source goes down, and adds it up when the source is back."""
    if verdict is Verdict.SOURCE_DOWN and rollout.blind_since is None:
        return rollout.model_copy(update={"blind_since": to_timestamp(situation.now)})
    if verdict is not Verdict.SOURCE_DOWN and rollout.blind_since is not None:
        return rollout.model_copy(update={"blind_since": None, "blind_seconds": blind_seconds(situation, rollout)})
    return rollout


def counted_pause(situation: Situation, rollout: RolloutStatus) -> RolloutStatus:
    """Opens a pause when `spec.paused` is set, and adds it up when it is cleared."""
    paused = situation.observation.spec.paused
    if paused and rollout.paused_since is None:
        return rollout.model_copy(update={"paused_since": to_timestamp(situation.now)})
    if not paused and rollout.paused_since is not None:
        return rollout.model_copy(update={"paused_since": None, "paused_seconds": paused_seconds(situation, rollout)})
    return rollout


def paused_seconds(situation: Situation, rollout: RolloutStatus) -> float:
    """Time in this stage in which the release was paused, in seconds."""
    spell = situation.now - to_epoch(rollout.paused_since) if rollout.paused_since is not None else 0.0
    return rollout.paused_seconds + max(0.0, spell)


def blind_seconds(situation: Situation, rollout: RolloutStatus) -> float:
    """Time in this stage without a source, in seconds; a clock that jumped back adds nothing."""
    spell = situation.now - to_epoch(rollout.blind_since) if rollout.blind_since is not None else 0.0
    return rollout.blind_seconds + max(0.0, spell)


def stage_age(situation: Situation, rollout: RolloutStatus) -> float:
    """Time in this stage that counts towards its deadline, in seconds."""
    uncounted = blind_seconds(situation, rollout) + paused_seconds(situation, rollout)
    return situation.now - to_epoch(rollout.stage_entered_at) - uncounted


def total_age(situation: Situation, rollout: RolloutStatus) -> float:
    """Time since the rollout began that counts towards its longest duration, in seconds."""
    uncounted = rollout.uncounted_seconds + blind_seconds(situation, rollout) + paused_seconds(situation, rollout)
    return situation.now - to_epoch(rollout.started_at) - uncounted


def blind_limit_reached(situation: Situation, rollout: RolloutStatus) -> bool:
    """After a long outage the release waits for a person, who says `kubectl bert resume`."""
    return blind_seconds(situation, rollout) >= situation.observation.spec.strategy.source_down_limit_seconds
