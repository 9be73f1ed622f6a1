"""Which gates hold a rollout where it is."""

from typing import Final

from bertrelease_operator.api.gates import Gate, GatePoint
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.status import GateStatus, RolloutStage, RolloutStatus, Verdict
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.steps import step_index
from bertrelease_operator.core.strategies.registry import plan_of

TRAFFIC: Final = "traffic"
PROMOTION: Final = "promotion"
_POINTS: Final = {TRAFFIC: GatePoint.TRAFFIC, PROMOTION: GatePoint.PROMOTION}


def points_ahead(spec: BertReleaseSpec, rollout: RolloutStatus, *, first: bool) -> tuple[str, ...]:
    """What the rollout comes to next. The first version gets all traffic at once, and so comes to both ends."""
    if not rollout.analysed or rollout.stage is RolloutStage.SWITCHING:
        return ()
    if rollout.stage is RolloutStage.STARTING:
        return (TRAFFIC, PROMOTION) if first else (TRAFFIC,)
    following = step_index(spec, rollout) + 1
    if rollout.promoted_at is not None or following == len(plan_of(spec.strategy).steps):
        return (PROMOTION,)
    return (f"step-{following + 1}",)


def next_gate(situation: Situation, progress: Progress) -> tuple[Gate, str] | None:
    """The first gate that is not passed yet, and what it holds back; None where the way is free."""
    rollout, spec = progress.rollout, situation.observation.spec
    if rollout is None:
        return None
    for point in points_ahead(spec, rollout, first=progress.stable is None):
        for gate in spec.gates:
            if _POINTS.get(point, GatePoint.EACH_STEP) in gate.before and not _is_passed(rollout, gate, point):
                return gate, point
    return None


def status_of(rollout: RolloutStatus, gate: Gate, point: str) -> GateStatus | None:
    """None before it has begun."""
    wanted = (gate.name, gate.kind, point)
    return next((status for status in rollout.gates if (status.name, status.kind, status.point) == wanted), None)


def _is_passed(rollout: RolloutStatus, gate: Gate, point: str) -> bool:
    status = status_of(rollout, gate, point)
    return status is not None and status.verdict is Verdict.PASS


def gate_at_work(situation: Situation, progress: Progress) -> tuple[Gate, GateStatus] | None:
    """The gate that has begun and is not passed."""
    held = next_gate(situation, progress)
    if held is None or progress.rollout is None:
        return None
    status = status_of(progress.rollout, *held)
    return (held[0], status) if status is not None else None


def open_gate(rollout: RolloutStatus) -> GateStatus | None:
    """The one that has begun and has not ended, as far as the status tells."""
    gate = rollout.gates[-1] if rollout.gates else None
    return gate if gate is not None and gate.finished_at is None else None


def before_words(point: str) -> str:
    """`step-2` -> `before step 2`."""
    return f"before {point.replace('-', ' ')}"
