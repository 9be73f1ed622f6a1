"""Starts the rollout that the spec asks for and moves it forward, one stage at a time."""

from dataclasses import replace

from bertrelease_operator.api.status import RevisionVerdict, RolloutStage, RolloutStatus, Verdict
from bertrelease_operator.core.by_hand import steers
from bertrelease_operator.core.capacity import as_weights, needed_replicas
from bertrelease_operator.core.clock import to_epoch, to_timestamp
from bertrelease_operator.core.endings import abandon, promote, reject, supersede
from bertrelease_operator.core.failures import latched_failure
from bertrelease_operator.core.gates.passage import hold_for_gate
from bertrelease_operator.core.gates.points import gate_at_work
from bertrelease_operator.core.patience import blind_limit_reached, counted, restarted, stage_age, total_age
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.promotion.shown import shows_its_proof
from bertrelease_operator.core.routing import wanted_steering
from bertrelease_operator.core.steps import awaits_person, current_step, is_paused
from bertrelease_operator.core.strategies.plan import Then
from bertrelease_operator.core.strategies.registry import plan_of
from bertrelease_operator.core.timing import SETTLE_SECONDS
from bertrelease_operator.core.watches import rollout_watch


def follow_target(situation: Situation, progress: Progress) -> Progress:
    """Drops a rollout and a conclusion that are about another version than the one asked for now.

    A rejection that the status does not tell of yet stands: it is no matter of what is asked for.
    """
    target, rollout = situation.target, progress.rollout
    if rollout is not None and rollout.version != target:
        cause = latched_failure(situation, progress, rollout.version, rollout.attempt) if rollout.analysed else None
        if cause is not None:
            progress = reject(situation, progress, *cause)
        else:
            progress = supersede(situation, progress, rollout, target)
    if progress.concluded is not None and progress.concluded.version != target:
        progress = replace(progress, concluded=None)
    return progress


def start(situation: Situation, progress: Progress) -> Progress:
    """Starts a rollout if the target neither serves, nor is on its way, nor was taken back."""
    target = situation.target
    if target is None or progress.rollout is not None or target == progress.stable or steers(situation, progress):
        return progress
    verdict = progress.verdict(target)
    proven = verdict is RevisionVerdict.PROVEN
    warm = proven or _is_return_point(progress, target, verdict)
    if verdict is RevisionVerdict.REJECTED or progress.concluded is not None:
        return progress
    if situation.observation.spec.paused and not warm:
        return progress
    if not warm and verdict is not RevisionVerdict.CANDIDATE:
        progress = progress.tried_anew(target, "Started", "")
    now = to_timestamp(situation.now)
    rollout = RolloutStatus(
        version=target,
        attempt=progress.attempt(target),
        stage=RolloutStage.SWITCHING if warm else RolloutStage.STARTING,
        analysed=not warm,
        started_at=now,
        stage_entered_at=now,
    )
    if warm:
        why = "was proven before" if proven else "served until now"
        progress = replace(progress, rollout=rollout, observation=None)
        return progress.told("SwitchingBack", f"Switching to {target}, which {why}; no new analysis.")
    beside = f" beside {progress.stable}" if progress.stable is not None else ""
    return replace(progress, rollout=rollout).told("Started", f"Starting {target}{beside}.")


def _is_return_point(progress: Progress, target: str, verdict: RevisionVerdict) -> bool:
    """The version before the one under observation: warm, and where a failure would lead as well."""
    watched = progress.observation
    return watched is not None and watched.previous == target and verdict is not RevisionVerdict.REJECTED


def advance(situation: Situation, progress: Progress) -> Progress:
    """One stage forward, or out when a deadline has passed."""
    rollout = progress.rollout
    if rollout is None:
        return progress
    progress = _overdue(situation, progress, rollout) or _ADVANCE[rollout.stage](situation, progress, rollout)
    if progress.rollout is None:
        return progress
    at_gate = gate_at_work(situation, progress) is not None
    timed = counted(situation, progress.rollout, _verdict(situation, progress), at_gate=at_gate)
    return replace(progress, rollout=timed)


def _overdue(situation: Situation, progress: Progress, rollout: RolloutStatus) -> Progress | None:
    """Given up if it has taken longer than it may, whatever it waits for; the first version may take its time."""
    most_seconds = situation.observation.spec.strategy.max_duration_seconds
    if most_seconds is None or progress.stable is None or rollout.stage is RolloutStage.SWITCHING:
        return None
    if _is_held(situation, rollout) or total_age(situation, rollout) <= most_seconds:
        return None
    message = (
        f"{rollout.version} did not pass all steps within {most_seconds} s. Traffic went back; retry it with a "
        "longer strategy.maxDurationSeconds."
    )
    return abandon(situation, progress, "MaxDurationExceeded", message)


def _is_held(situation: Situation, rollout: RolloutStatus) -> bool:
    """A person must say so before it goes on."""
    too_blind = rollout.promoted_at is None and blind_limit_reached(situation, rollout)
    return too_blind or is_paused(situation.observation.spec, rollout)


def _verdict(situation: Situation, progress: Progress) -> Verdict:
    watch = rollout_watch(situation.observation.spec, progress.rollout, progress.stable)
    return situation.evidence(watch).verdict


def _from_starting(situation: Situation, progress: Progress, rollout: RolloutStatus) -> Progress:
    first = progress.stable is None
    step = plan_of(situation.observation.spec.strategy).steps[0]
    needed = needed_replicas(100 if first else step.capacity, situation.replicas)
    if situation.observation.ready(rollout.version) < needed:
        # One that was ready has the whole deadline to be so again, however long a gate or a pause took.
        known = restarted(situation, rollout) if _is_settled(situation, rollout) else rollout
        return replace(progress, rollout=known.model_copy(update={"ready_since": None}))
    if rollout.ready_since is None:
        rollout = rollout.model_copy(update={"ready_since": to_timestamp(situation.now)})
        progress = replace(progress, rollout=rollout)
    if not _is_settled(situation, rollout) or is_paused(situation.observation.spec, rollout):
        return progress
    if not shows_its_proof(situation.observation, rollout.version):
        return progress
    held = hold_for_gate(situation, progress)
    if held is not None:
        return held
    if first:
        return _enter(situation, progress, rollout, RolloutStage.SWITCHING)
    return _enter(situation, progress, rollout, RolloutStage.STEPPING).told(
        step.event, f"{rollout.version} is ready and {step.gain}."
    )


def _is_settled(situation: Situation, rollout: RolloutStatus) -> bool:
    """Ready, and known to be so by the proxies."""
    since = rollout.ready_since
    return since is not None and situation.now - to_epoch(since) >= SETTLE_SECONDS


def _from_stepping(situation: Situation, progress: Progress, rollout: RolloutStatus) -> Progress:
    if _is_held(situation, rollout):
        return progress
    if rollout.promoted_at is not None:
        return hold_for_gate(situation, progress) or _enter(situation, progress, rollout, RolloutStage.SWITCHING)
    if awaits_person(situation.observation.spec, rollout):
        return progress
    passed = _passed(situation, progress, rollout)
    moved = _moved_on(situation, progress, rollout) if passed else None
    return moved or _within_deadline(situation, progress, rollout, passed=passed)


def _moved_on(situation: Situation, progress: Progress, rollout: RolloutStatus) -> Progress | None:
    """None while what comes next lacks pods."""
    step = current_step(situation.observation.spec, rollout)
    judged = rollout.model_copy(update={"judged_requests": rollout.judged_requests or step.needs_requests})
    return _AFTER[step.then](situation, progress, judged)


def _within_deadline(situation: Situation, progress: Progress, rollout: RolloutStatus, *, passed: bool) -> Progress:
    if rollout.awaiting_since is not None:
        # An edit took the question away. The time for the answer was none of the step that comes instead.
        return replace(progress, rollout=restarted(situation, rollout))
    strategy = situation.observation.spec.strategy
    if stage_age(situation, rollout) <= strategy.step_deadline_seconds:
        return progress
    within = f"within {strategy.step_deadline_seconds} s at step {rollout.step + 1}"
    message = (
        f"{rollout.version} did not have the {_next_pods(situation, rollout)} ready pods of the next step {within}. "
        "Traffic went back; retry it when the nodes have room for them."
        if passed
        else f"{rollout.version} did not pass {within}: the evidence was {_verdict(situation, progress)}. Traffic went "
        "back; retry it with more traffic or a longer deadline."
    )
    return abandon(situation, progress, "StepDeadlineExceeded", message)


def _passed(situation: Situation, progress: Progress, rollout: RolloutStatus) -> bool:
    observation = situation.observation
    step = current_step(observation.spec, rollout)
    route = observation.route
    if route is None or route.weights.get(rollout.version, 0) != step.weight:
        return False
    if route.steering != wanted_steering(situation, progress):
        return False
    # The hold counts from when the requests really came, not from when the step was decided.
    at_weight_since = max(to_epoch(rollout.stage_entered_at), observation.route_changed_at)
    return situation.now - at_weight_since >= step.hold_seconds and _verdict(situation, progress) is Verdict.PASS


def _ask(situation: Situation, progress: Progress, rollout: RolloutStatus) -> Progress:
    """From here on only a person, or a failure, ends the step."""
    asked = rollout.model_copy(update={"awaiting_since": to_timestamp(situation.now)})
    return replace(progress, rollout=asked).told(
        "AwaitingApproval", f"{rollout.version} passed; promote it with `kubectl bert promote`, or abort it."
    )


def _keep(situation: Situation, progress: Progress, rollout: RolloutStatus) -> Progress:
    """The test is over; its figures are kept with the version."""
    spec = situation.observation.spec
    evidence = situation.evidence(rollout_watch(spec, rollout, progress.stable))
    message = (
        f"{rollout.version} passed {current_step(spec, rollout).place}; {progress.stable} goes on serving, as the "
        "strategy says. Retry it with another strategy to promote it."
    )
    return abandon(situation, replace(progress, verdict_checks=evidence.checks), "TestEnded", message)


def _next_step(situation: Situation, progress: Progress, rollout: RolloutStatus) -> Progress | None:
    """None as long as the pods for it are not ready."""
    if situation.observation.ready(rollout.version) < _next_pods(situation, rollout):
        return None
    plan = plan_of(situation.observation.spec.strategy)
    following = rollout.step + 1
    held = hold_for_gate(situation, progress)
    if held is not None:
        return held
    if following >= len(plan.steps):
        return _enter(situation, progress, rollout, RolloutStage.SWITCHING).told(
            plan.passed_event, f"{rollout.version} passed its last step and gets all traffic."
        )
    step = plan.steps[following]
    return _enter(situation, progress, rollout, RolloutStage.STEPPING, step=following).told(
        step.event, f"{rollout.version} passed and {step.gain}."
    )


def _next_pods(situation: Situation, rollout: RolloutStatus) -> int:
    """Ready pods that the next step takes; all of them after the last one."""
    steps = plan_of(situation.observation.spec.strategy).steps
    following = rollout.step + 1
    return needed_replicas(steps[following].capacity if following < len(steps) else 100, situation.replicas)


def _from_switching(situation: Situation, progress: Progress, rollout: RolloutStatus) -> Progress:
    if is_paused(situation.observation.spec, rollout):
        return progress
    route = situation.observation.route
    complete = situation.observation.ready(rollout.version) >= needed_replicas(100, situation.replicas)
    if route is not None and as_weights(route.weights) == {rollout.version: 100} and complete:
        watch = rollout_watch(situation.observation.spec, rollout, progress.stable)
        return promote(situation, progress, rollout, situation.evidence(watch).checks)
    strategy = situation.observation.spec.strategy
    deadline = strategy.step_deadline_seconds if rollout.analysed else strategy.ready_deadline_seconds
    if progress.stable is not None and stage_age(situation, rollout) > deadline:
        message = f"{rollout.version} did not have {situation.replicas} ready pods within {deadline} s."
        return abandon(situation, progress, "NotReady", message)
    return progress


_AFTER = {Then.GO_ON: _next_step, Then.ASK: _ask, Then.KEEP: _keep}

_ADVANCE = {
    RolloutStage.STARTING: _from_starting,
    RolloutStage.STEPPING: _from_stepping,
    RolloutStage.SWITCHING: _from_switching,
}


def _enter(
    situation: Situation,
    progress: Progress,
    rollout: RolloutStatus,
    stage: RolloutStage,
    *,
    step: int | None = None,
) -> Progress:
    changes = {"stage": stage, "step": rollout.step if step is None else step}
    return replace(progress, rollout=restarted(situation, rollout).model_copy(update=changes))
