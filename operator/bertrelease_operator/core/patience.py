"""How long a stage has lasted, not counting the time in which its clock stands.

It stands in pauses, while the source of figures is down, and at gates. No moment counts for two of these: a pause comes
before the others, and a gate counts only while there are figures.
"""

from typing import Literal

from bertrelease_operator.api.status import RolloutStage, RolloutStatus, Verdict
from bertrelease_operator.core.clock import to_epoch, to_timestamp
from bertrelease_operator.core.progress import Situation
from bertrelease_operator.core.steps import is_paused

# Prefixes of the status' fields `_since` (of the spell that lasts) and `_seconds` (of those that are over).
_Spell = Literal["paused", "blind", "gate"]


def counted(situation: Situation, rollout: RolloutStatus, verdict: Verdict, *, at_gate: bool) -> RolloutStatus:
    """Opens the spell that begins, and adds up the one that is over."""
    paused = is_paused(situation.observation.spec, rollout)
    # Pods that start wait for no figures.
    blind = not paused and verdict is Verdict.SOURCE_DOWN and rollout.stage is not RolloutStage.STARTING
    rollout = _counted(situation, rollout, "paused", holds=paused)
    rollout = _counted(situation, rollout, "blind", holds=blind)
    return _counted(situation, rollout, "gate", holds=at_gate and not paused and not blind)


def _counted(situation: Situation, rollout: RolloutStatus, spell: _Spell, *, holds: bool) -> RolloutStatus:
    lasts = _since(rollout, spell) is not None
    if holds == lasts:
        return rollout
    if holds:
        return rollout.model_copy(update={f"{spell}_since": to_timestamp(situation.now)})
    return rollout.model_copy(update={f"{spell}_since": None, f"{spell}_seconds": _seconds(situation, rollout, spell)})


def _since(rollout: RolloutStatus, spell: _Spell) -> str | None:
    since: str | None = getattr(rollout, f"{spell}_since")
    return since


def _seconds(situation: Situation, rollout: RolloutStatus, spell: _Spell) -> float:
    """In this stage; a clock that jumped back adds nothing."""
    before: float = getattr(rollout, f"{spell}_seconds")
    since = _since(rollout, spell)
    return before + (max(0.0, situation.now - to_epoch(since)) if since is not None else 0.0)


def _never_counted_seconds(situation: Situation, rollout: RolloutStatus) -> float:
    """Of this stage, for no deadline at all."""
    return _seconds(situation, rollout, "paused") + _seconds(situation, rollout, "blind")


def uncounted_seconds(situation: Situation, rollout: RolloutStatus) -> float:
    """Of this stage, for its own deadline."""
    return _never_counted_seconds(situation, rollout) + _seconds(situation, rollout, "gate")


def stage_age(situation: Situation, rollout: RolloutStatus) -> float:
    """Time in this stage that counts towards its deadline, in seconds."""
    return situation.now - to_epoch(rollout.stage_entered_at) - uncounted_seconds(situation, rollout)


def total_age(situation: Situation, rollout: RolloutStatus) -> float:
    """Time since the rollout began that counts towards its longest duration, in seconds: gates do."""
    uncounted = rollout.uncounted_seconds + _never_counted_seconds(situation, rollout)
    return situation.now - to_epoch(rollout.started_at) - uncounted


def clock_stands(rollout: RolloutStatus) -> bool:
    """Whether the stage comes no nearer to its deadline."""
    return any(since is not None for since in (rollout.paused_since, rollout.blind_since, rollout.gate_since))


def blind_limit_reached(situation: Situation, rollout: RolloutStatus) -> bool:
    """After a long outage the release waits for a person, who says `kubectl bert resume`."""
    limit = situation.observation.spec.strategy.source_down_limit_seconds
    return _seconds(situation, rollout, "blind") >= limit


def restarted(situation: Situation, rollout: RolloutStatus) -> RolloutStatus:
    """Its stage, or step, begins now."""
    none = {f"{spell}_since": None for spell in ("paused", "blind", "gate")}
    zero = {f"{spell}_seconds": 0.0 for spell in ("paused", "blind", "gate")}
    changes = {
        **none,
        **zero,
        "stage_entered_at": to_timestamp(situation.now),
        "uncounted_seconds": rollout.uncounted_seconds + _never_counted_seconds(situation, rollout),
        "awaiting_since": None,
    }
    return rollout.model_copy(update=changes)
