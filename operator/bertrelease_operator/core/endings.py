"""How a rollout or an observation ends: promoted, rejected, left unproven, taken back, superseded."""

from dataclasses import replace

from bertrelease_operator.api.status import (
    CheckStatus,
    ConcludedStatus,
    ObservationStatus,
    RevisionVerdict,
    RolloutStatus,
)
from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.core.progress import Progress, Situation


def _conclusion(version: str, attempt: int, reason: str, message: str, now: float) -> ConcludedStatus:
    return ConcludedStatus(version=version, attempt=attempt, reason=reason, message=message, at=to_timestamp(now))


def _end_rollout(
    situation: Situation, progress: Progress, verdict: RevisionVerdict | None, reason: str, message: str
) -> Progress:
    rollout = progress.rollout
    assert rollout is not None  # noqa: S101 - callers end the rollout that they looked at
    concluded = _conclusion(rollout.version, rollout.attempt, reason, message, situation.now)
    progress = _with_gates(progress, rollout)
    if verdict is not None:
        progress = progress.judged(rollout.version, verdict, reason, message, situation.now, attempt=rollout.attempt)
    return replace(progress, rollout=None, concluded=concluded).told(reason, message, warning=True)


def _with_gates(progress: Progress, rollout: RolloutStatus) -> Progress:
    """What the rollout's gates said stays with its version; going back to a proven one passes none."""
    return progress.revised(rollout.version, gates=rollout.gates) if rollout.gates else progress


def reject(situation: Situation, progress: Progress, reason: str, message: str) -> Progress:
    """The candidate is worse: it gets no more traffic, and the verdict latches (DESIGN rule 6)."""
    rollout = progress.rollout
    rejected = (rollout.version, rollout.attempt) if rollout is not None else None
    progress = _end_rollout(situation, progress, RevisionVerdict.REJECTED, reason, message)
    return replace(progress, rejected=rejected)


def abandon(situation: Situation, progress: Progress, reason: str, message: str) -> Progress:
    """The candidate was neither found good nor bad: traffic goes back, and it is free to be retried.

    A proven version that could not come up keeps its verdict.
    """
    rollout = progress.rollout
    keeps = rollout is not None and progress.verdict(rollout.version) is RevisionVerdict.PROVEN
    return _end_rollout(situation, progress, None if keeps else RevisionVerdict.UNPROVEN, reason, message)


def supersede(situation: Situation, progress: Progress, rollout: RolloutStatus, target: str | None) -> Progress:
    """Another version was asked for while this one was on its way."""
    message = f"{target} was asked for before {rollout.version} was judged."
    progress = _dropped(situation, progress, rollout, message)
    return replace(progress, rollout=None).told("Superseded", message, about=rollout.version)


def _dropped(situation: Situation, progress: Progress, rollout: RolloutStatus, message: str) -> Progress:
    """The record of a candidate that was left unjudged; its next rollout is another attempt."""
    progress = _with_gates(progress, rollout)
    if progress.verdict(rollout.version) is RevisionVerdict.PROVEN:
        return progress
    return progress.judged(
        rollout.version, RevisionVerdict.SUPERSEDED, "Superseded", message, situation.now, attempt=rollout.attempt
    )


def take_back(
    situation: Situation, progress: Progress, reason: str, message: str, verdict: RevisionVerdict
) -> Progress:
    """The promoted version failed while it was observed: the one before it serves again.

    A younger candidate on its way starts over against it.
    """
    watched = progress.observation
    assert watched is not None  # noqa: S101 - callers end the observation that they looked at
    assert watched.previous is not None  # noqa: S101
    now = to_timestamp(situation.now)
    progress = progress.judged(
        watched.version, verdict, reason, message, situation.now, attempt=watched.attempt, served_until=now
    ).revised(watched.previous, served_from=now, served_until=None)
    younger = progress.rollout
    if younger is not None:
        left = f"{watched.version}, against which it was judged, was taken back."
        dropped = _dropped(situation, replace(progress, verdict_checks=()), younger, left)
        progress = replace(dropped, verdict_checks=progress.verdict_checks)
    progress = replace(
        progress,
        stable=watched.previous,
        observation=None,
        rollout=None,
        concluded=_conclusion(watched.version, watched.attempt, reason, message, situation.now),
    ).told(reason, message, warning=True)
    if verdict is not RevisionVerdict.REJECTED:
        return progress
    return replace(progress, rejected=(watched.version, watched.attempt))


def promote(
    situation: Situation, progress: Progress, rollout: RolloutStatus, checks: tuple[CheckStatus, ...] = ()
) -> Progress:
    """All traffic is at the candidate: it is the stable version now, and still watched if it is new.

    `checks`: the evidence that it has passed all steps with.
    """
    now = to_timestamp(situation.now)
    previous = progress.stable
    if previous is not None:
        progress = _retired(situation, progress, previous)
    first = previous is None
    by_evidence = not rollout.by_hand and rollout.judged_requests
    if rollout.analysed and not first and by_evidence:
        progress = replace(progress, verdict_checks=checks).judged(
            rollout.version,
            RevisionVerdict.PROVEN,
            "Promoted",
            f"Passed all checks at every step against {previous}.",
            situation.now,
        )
    progress = progress.revised(rollout.version, attempt=rollout.attempt, served_from=now, served_until=None)
    progress = _with_gates(progress, rollout)
    watched = None
    unjudged = first or not by_evidence
    if rollout.analysed and (unjudged or situation.observation.spec.strategy.observation_seconds > 0):
        watched = ObservationStatus(
            version=rollout.version,
            attempt=rollout.attempt,
            previous=_return_point(progress, previous),
            since=now,
        )
    return replace(progress, stable=rollout.version, rollout=None, observation=watched, concluded=None).told(
        *_promotion_event(rollout, previous), about=rollout.version
    )


def _retired(situation: Situation, progress: Progress, version: str) -> Progress:
    progress = progress.revised(version, served_until=to_timestamp(situation.now))
    if progress.verdict(version) is RevisionVerdict.CANDIDATE:
        message = "Was replaced before it had served enough requests to be proven."
        return progress.judged(version, RevisionVerdict.UNPROVEN, "TooLittleTraffic", message, situation.now)
    return progress


def _return_point(progress: Progress, previous: str | None) -> str | None:
    return None if progress.verdict(previous) is RevisionVerdict.REJECTED else previous


def _promotion_event(rollout: RolloutStatus, previous: str | None) -> tuple[str, str]:
    if previous is None:
        return "FirstVersionServing", f"{rollout.version} serves all traffic."
    if not rollout.analysed:
        return (
            "SwitchedBack",
            f"{rollout.version} serves all traffic again instead of {previous}, without a new analysis.",
        )
    return "Promoted", f"{rollout.version} serves all traffic instead of {previous}."
