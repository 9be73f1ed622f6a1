"""The time after a promotion: the version may still be proven, and the watch over it ends."""

from dataclasses import replace

from bertrelease_operator.api.status import ObservationStatus, RevisionVerdict, Verdict
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.strategies.registry import plan_of
from bertrelease_operator.core.watches import observation_watch


def observe(situation: Situation, progress: Progress) -> Progress:
    """Proves a version that came without a canary (the first one, or promoted by hand) once it has served well.

    At the end of the window such a version without a pass stays unproven, and goes on serving.
    """
    watched = progress.observation
    if watched is None:
        return progress
    age = situation.now - to_epoch(watched.since)
    strategy = situation.observation.spec.strategy
    # As long as the last step before the promotion would have been held.
    proving_seconds = plan_of(strategy).steps[-1].hold_seconds
    if progress.verdict(watched.version) is RevisionVerdict.CANDIDATE:
        if age < proving_seconds:
            return progress
        progress = _proven_if_passed(situation, progress, watched)
    if age < strategy.observation_seconds:
        return progress
    return _ended(situation, replace(progress, observation=None), watched)


def _proven_if_passed(situation: Situation, progress: Progress, watched: ObservationStatus) -> Progress:
    evidence = situation.evidence(observation_watch(watched))
    if evidence.verdict is not Verdict.PASS:
        return progress
    message = "Passed all checks while it served all traffic."
    progress = replace(progress, verdict_checks=evidence.checks)
    return progress.judged(watched.version, RevisionVerdict.PROVEN, "Observed", message, situation.now).told(
        "Proven",
        f"{watched.version} is proven: it passed all checks while it served all traffic.",
        about=watched.version,
    )


def _ended(situation: Situation, progress: Progress, watched: ObservationStatus) -> Progress:
    if progress.verdict(watched.version) is not RevisionVerdict.CANDIDATE:
        message = f"{watched.version} stays; it is no longer watched for a rollback."
        return progress.told("ObservationEnded", message, about=watched.version)
    verdict = situation.evidence(observation_watch(watched)).verdict
    message = f"The evidence was {verdict} when its observation ended; it goes on serving."
    return progress.judged(watched.version, RevisionVerdict.UNPROVEN, "NotProven", message, situation.now).told(
        "NotProven", f"{watched.version} could not be proven: {message}", warning=True, about=watched.version
    )
