"""Takes bad versions back. Runs before anything that moves forward, in every phase, paused or not (DESIGN rule 7)."""

from dataclasses import replace

from bertrelease_operator.api.status import RevisionVerdict, RolloutStage, RolloutStatus
from bertrelease_operator.core.endings import reject, take_back
from bertrelease_operator.core.failures import failure_of, latched_failure
from bertrelease_operator.core.observation import EvidenceView
from bertrelease_operator.core.patience import stage_age
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.watches import observation_watch, rollout_watch


def drop_rejected_return(situation: Situation, progress: Progress) -> Progress:
    """A version that a person's weights showed to be bad after it was replaced is no way back any more."""
    watched = progress.observation
    if watched is None or watched.previous is None:
        return progress
    if latched_failure(situation, progress, watched.previous, progress.attempt(watched.previous)) is None:
        return progress
    return replace(progress, observation=watched.model_copy(update={"previous": None}))


def rescue_from_candidate(situation: Situation, progress: Progress) -> Progress:
    """Rejects a candidate that failed, crash-loops, or did not become ready in time.

    The very first version is left to come up: there is nothing to protect and nothing to go back to. Only a gate
    stops it.
    """
    rollout = progress.rollout
    if rollout is None or not rollout.analysed:
        return progress
    evidence = situation.evidence(rollout_watch(situation.observation.spec, rollout, progress.stable))
    cause = latched_failure(situation, progress, rollout.version, rollout.attempt)
    if cause is None and progress.stable is not None:
        cause = failure_of(situation, rollout.version, evidence) or _late(situation, rollout)
    if cause is None:
        return progress
    return reject(situation, _with_checks(progress, evidence), *cause)


def rescue_from_promoted(situation: Situation, progress: Progress) -> Progress:
    """Takes a promoted version back while it is observed, if the one before it can serve."""
    watched = progress.observation
    if watched is None or watched.previous is None:
        return progress
    evidence = situation.evidence(observation_watch(watched))
    cause = latched_failure(situation, progress, watched.version, watched.attempt)
    if cause is None and situation.observation.ready(watched.previous) > 0:
        cause = failure_of(situation, watched.version, evidence) or _dead(situation, watched.version)
    if cause is None:
        return progress
    return take_back(situation, _with_checks(progress, evidence), *cause, RevisionVerdict.REJECTED)


def _with_checks(progress: Progress, evidence: EvidenceView) -> Progress:
    return replace(progress, verdict_checks=evidence.checks)


def _late(situation: Situation, rollout: RolloutStatus) -> tuple[str, str] | None:
    """What is ready waits for a gate or for a person, if it waits at all."""
    if rollout.stage is not RolloutStage.STARTING or rollout.ready_since is not None:
        return None
    deadline = situation.observation.spec.strategy.ready_deadline_seconds
    if stage_age(situation, rollout) <= deadline:
        return None
    workload = situation.observation.workloads.get(rollout.version)
    problem = workload.problem if workload is not None and workload.problem else "no pod became ready"
    return "NotReady", f"{rollout.version} was not ready within {deadline} s: {problem}."


def _dead(situation: Situation, version: str) -> tuple[str, str] | None:
    if situation.replicas > 0 and situation.observation.ready(version) == 0:
        return "NoReadyPods", f"{version} was taken back: none of its pods is ready any more."
    return None
