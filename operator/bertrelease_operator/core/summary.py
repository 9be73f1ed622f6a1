"""The status as people and scripts read it: one phase, one sentence, conditions."""

from bertrelease_operator.api.promotion import PromotionState
from bertrelease_operator.api.status import (
    BertReleaseStatus,
    Condition,
    ConditionStatus,
    Phase,
    RevisionVerdict,
    RolloutStage,
    Weights,
)
from bertrelease_operator.core.acceptance import Acceptance
from bertrelease_operator.core.autoscaling import autoscaling_facts
from bertrelease_operator.core.by_hand import steers, told_by_hand
from bertrelease_operator.core.capacity import as_weights
from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.core.decision import RouteDecision
from bertrelease_operator.core.gates.points import before_words, gate_at_work
from bertrelease_operator.core.gates.registry import PURE_GATES
from bertrelease_operator.core.notices import pending_notices
from bertrelease_operator.core.patience import blind_limit_reached
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.promotion.shown import show_by
from bertrelease_operator.core.rejections import rejections
from bertrelease_operator.core.shown_checks import failing_checks, shown_checks, shown_watch
from bertrelease_operator.core.steps import awaits_person, current_step, is_paused, step_index
from bertrelease_operator.core.strategies.registry import plan_of
from bertrelease_operator.core.watches import observation_watch, rollout_watch


def summarise(
    situation: Situation, progress: Progress, acceptance: Acceptance, route: RouteDecision | None
) -> BertReleaseStatus:
    """The whole status that `progress` amounts to."""
    observation = situation.observation
    checks_of, checks = shown_checks(situation, progress)
    phase, message = _phase(situation, progress, acceptance)
    desired = dict(route.weights) if route is not None else {}
    status = BertReleaseStatus(
        observed_generation=observation.generation,
        phase=phase,
        message=message,
        version=acceptance.target,
        stable=progress.stable,
        weights=Weights(
            desired=desired,
            applied=as_weights(observation.route.weights) if observation.route is not None else {},
            observed=_observed(situation, progress),
        ),
        checks=checks,
        checks_of=checks_of,
        rollout=progress.rollout,
        observation=progress.observation,
        concluded=progress.concluded,
        rejected=rejections(progress.revisions),
        promotion=situation.promotion,
        handled_command=progress.handled_command,
        handled_approval=progress.handled_approval,
        contents_version=acceptance.contents_version,
        accepted_digest=acceptance.digest,
        conditions=_conditions(situation, progress, acceptance, phase, message),
    )
    notices = pending_notices(observation, status, progress.revisions, situation.now)
    return status.model_copy(update={"notices": notices})


def _observed(situation: Situation, progress: Progress) -> dict[str, int]:
    """Nothing while copies are counted as well, which are no share of the traffic, or more than two versions."""
    route = situation.observation.route
    if situation.observation.spec.traffic or (route is not None and route.steering.mirroring is not None):
        return {}
    return dict(situation.evidence(shown_watch(situation, progress)).observed_weights)


def _phase(situation: Situation, progress: Progress, acceptance: Acceptance) -> tuple[Phase, str]:
    if acceptance.refusal:
        return Phase.REFUSED, acceptance.refusal
    if progress.stable is not None and not _stable_serves(situation, progress):
        return (
            Phase.DEGRADED,
            f"{progress.stable} should serve but has no ready pod{_problem(situation, progress.stable)}.",
        )
    if steers(situation, progress):
        return Phase.OBSERVING, told_by_hand(situation, progress)
    if progress.rollout is not None:
        return _gate_phase(situation, progress) or _rollout_phase(situation, progress)
    return _resting_phase(situation, progress)


def _rollout_phase(situation: Situation, progress: Progress) -> tuple[Phase, str]:
    rollout = progress.rollout
    assert rollout is not None  # noqa: S101
    spec = situation.observation.spec
    if is_paused(spec, rollout):
        return Phase.PAUSED, f"{rollout.version} stays where it is until spec.paused is false."
    if rollout.stage is RolloutStage.STEPPING:
        if blind_limit_reached(situation, rollout):
            return Phase.PAUSED, (
                f"The source of figures was down too long; {rollout.version} waits for `kubectl bert resume`."
            )
        if awaits_person(spec, rollout):
            return Phase.PAUSED, (
                f"{rollout.version} passed {current_step(spec, rollout).place} and waits for "
                "`kubectl bert promote` or `kubectl bert abort`."
            )
        steps = plan_of(spec.strategy).steps
        step = step_index(spec, rollout)
        verdict = situation.evidence(rollout_watch(spec, rollout, progress.stable)).verdict
        return Phase.ANALYZING, (
            f"Judging {rollout.version} {steps[step].place} (step {step + 1} of {len(steps)}): {verdict}."
        )
    waits = _problem(situation, rollout.version)
    if not waits and show_by(situation, progress) is not None:
        waits = " (its pods are ready and have not shown the digest of their image)"
    if progress.stable is None:
        return Phase.PENDING, f"Waiting for {rollout.version}{waits}."
    verb = "Starting" if rollout.stage is RolloutStage.STARTING else "Switching to"
    return Phase.PROGRESSING, f"{verb} {rollout.version}{waits}."


def _gate_phase(situation: Situation, progress: Progress) -> tuple[Phase, str] | None:
    held = gate_at_work(situation, progress)
    if held is None or progress.rollout is None:
        return None
    gate, status = held
    phase = Phase.PAUSED if gate.kind in PURE_GATES else Phase.ANALYZING
    message = f"{progress.rollout.version} is at gate {gate.name} {before_words(status.point)}: {status.verdict}."
    # What is held is told as that, also before anything serves: nobody need wait for it meanwhile.
    told = phase if progress.stable is not None or phase is Phase.PAUSED else Phase.PENDING
    return told, f"{message} {status.message}"


def _resting_phase(situation: Situation, progress: Progress) -> tuple[Phase, str]:
    target, concluded = situation.target, progress.concluded
    if progress.stable is None:
        return _unserved_phase(situation, progress)
    if concluded is not None:
        return Phase.ROLLED_BACK, f"{progress.stable} serves. {concluded.message}"
    if progress.stable != target and progress.verdict(target) is RevisionVerdict.REJECTED:
        return Phase.ROLLED_BACK, (
            f"{progress.stable} serves. {target} was rejected before; use `kubectl bert retry` or a new version."
        )
    if progress.stable != target:
        return Phase.PAUSED, f"{progress.stable} serves; {target} starts when spec.paused is false."
    if progress.observation is not None:
        verdict = situation.evidence(observation_watch(progress.observation)).verdict
        return Phase.OBSERVING, f"{progress.stable} serves and is still watched: {verdict}."
    return Phase.HEALTHY, f"{progress.stable} serves."


def _unserved_phase(situation: Situation, progress: Progress) -> tuple[Phase, str]:
    target, concluded, promotion = situation.target, progress.concluded, situation.promotion
    if concluded is not None:
        return Phase.PENDING, f"Nothing serves yet. {concluded.message}"
    rejected = progress.verdict(target) is RevisionVerdict.REJECTED
    if situation.observation.spec.paused and target is not None and not rejected:
        return Phase.PAUSED, f"Nothing serves yet; {target} starts when spec.paused is false."
    return Phase.PENDING, " ".join(["Nothing serves yet.", *([promotion.message] if promotion is not None else [])])


def _stable_serves(situation: Situation, progress: Progress) -> bool:
    return situation.replicas == 0 or situation.observation.ready(progress.stable) > 0


def _problem(situation: Situation, version: str) -> str:
    workload = situation.observation.workloads.get(version)
    return f" ({workload.problem})" if workload is not None and workload.problem else ""


def _conditions(
    situation: Situation, progress: Progress, acceptance: Acceptance, phase: Phase, message: str
) -> list[Condition]:
    refused, rolled_back = bool(acceptance.refusal), phase is Phase.ROLLED_BACK
    complete = _complete(situation, progress)
    failing = failing_checks(situation, progress)
    healthy = progress.stable is not None and _stable_serves(situation, progress) and not failing
    reason_back = progress.concluded.reason if progress.concluded is not None else "Rejected"
    facts = (
        ("Ready", complete, phase.value, message),
        ("Progressing", progress.rollout is not None, phase.value, message),
        ("Healthy", healthy, "ChecksFail" if failing else phase.value, "; ".join(c.message for c in failing)),
        (
            "RolledBack",
            rolled_back,
            reason_back if rolled_back else "NotRolledBack",
            message if rolled_back else "",
        ),
        ("SpecAccepted", not refused, acceptance.refusal_reason if refused else "Accepted", acceptance.refusal),
    )
    return [_condition(situation, *fact) for fact in (*facts, *_promotion(situation), *autoscaling_facts(situation))]


def _promotion(situation: Situation) -> list[tuple[str, bool, str, str]]:
    """Only of a release that follows another one: true when it has what that one has proven."""
    promotion = situation.promotion
    if promotion is None:
        return []
    return [("Promotion", promotion.state is PromotionState.FOLLOWING, promotion.state.value, promotion.message)]


def _complete(situation: Situation, progress: Progress) -> bool:
    """What the spec asks for serves, and nothing is on its way."""
    if progress.stable is None or progress.rollout is not None or not _stable_serves(situation, progress):
        return False
    if steers(situation, progress):
        route = situation.observation.route
        asked = {share.version: share.weight for share in situation.observation.spec.traffic}
        return route is not None and as_weights(route.weights) == asked
    return progress.stable == (situation.observation.spec.version or situation.target)


def _condition(situation: Situation, kind: str, holds: bool, reason: str, message: str) -> Condition:
    status = ConditionStatus.TRUE if holds else ConditionStatus.FALSE
    before = next((c for c in situation.observation.status.conditions if c.type == kind), None)
    same = before is not None and before.status is status
    return Condition(
        type=kind,
        status=status,
        reason=reason,
        message=message,
        last_transition_time=before.last_transition_time if before and same else to_timestamp(situation.now),
        observed_generation=situation.observation.generation,
    )
