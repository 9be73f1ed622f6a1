"""A person's own weights over two or more versions, still guarded by readiness and by the health watch.

The strategy rests meanwhile. What a version cannot carry, or may not have any more, is the stable version's.
"""

from dataclasses import replace

from bertrelease_operator.api.status import RevisionVerdict
from bertrelease_operator.core.capacity import as_weights, carried_weight, needed_replicas
from bertrelease_operator.core.endings import supersede
from bertrelease_operator.core.failures import failure_of, latched_failure
from bertrelease_operator.core.gates.clearance import is_cleared
from bertrelease_operator.core.observation import Watch
from bertrelease_operator.core.progress import Progress, Situation


def steers(situation: Situation, progress: Progress) -> bool:
    """Whether a person's weights hold: there are some, and a version serves that is the safe place."""
    return bool(situation.observation.spec.traffic) and progress.stable is not None


def versions_by_hand(situation: Situation, progress: Progress) -> dict[str, int]:
    """Percent by version, of those besides the stable one that may have any."""
    if not steers(situation, progress):
        return {}
    known = situation.observation.revisions
    return {
        share.version: share.weight
        for share in situation.observation.spec.traffic
        if share.version != progress.stable
        and share.version in known
        and progress.verdict(share.version) is not RevisionVerdict.REJECTED
        and is_cleared(situation, progress, share.version)
    }


def unknown_versions(situation: Situation) -> list[str]:
    """Versions in spec.traffic that were never deployed."""
    known = {*situation.observation.revisions, situation.target}
    return [share.version for share in situation.observation.spec.traffic if share.version not in known]


def weights_by_hand(situation: Situation, progress: Progress) -> dict[str, int]:
    """As the person wants it, with the stable version in place of what may have nothing."""
    others = versions_by_hand(situation, progress)
    return as_weights({_stable(progress): 100 - sum(others.values()), **others})


def carried_by_hand(situation: Situation, progress: Progress) -> dict[str, int]:
    """What ready pods carry of it; empty if no pod of any of these versions is ready."""
    ready = situation.observation.ready
    others = versions_by_hand(situation, progress)
    carried = {
        version: min(weight, carried_weight(ready(version), situation.replicas))
        for version, weight in others.items()
        if ready(version)
    }
    stable = _stable(progress)
    if ready(stable):
        return as_weights({stable: 100 - sum(carried.values()), **carried})
    if not carried:
        return {}
    heir = max(carried, key=lambda version: carried[version])
    return as_weights({**carried, heir: carried[heir] + 100 - sum(carried.values())})


def _stable(progress: Progress) -> str:
    assert progress.stable is not None  # noqa: S101 - callers ask `steers` first
    return progress.stable


def replicas_by_hand(situation: Situation, progress: Progress) -> dict[str, int]:
    """Pods for each share; the stable version, which must be able to take all of it, stays complete."""
    return {
        version: needed_replicas(weight, situation.replicas)
        for version, weight in versions_by_hand(situation, progress).items()
    }


def watches_by_hand(situation: Situation, progress: Progress) -> tuple[Watch, ...]:
    """Each version besides the stable one is compared with it."""
    versions = versions_by_hand(situation, progress)
    return tuple(Watch(version, progress.stable, f"{progress.attempt(version)}/by-hand") for version in versions)


def rest_strategy(situation: Situation, progress: Progress) -> Progress:
    """A rollout under way ends where a person takes over."""
    if not steers(situation, progress) or progress.rollout is None:
        return progress
    return supersede(situation, progress, progress.rollout, "A split by spec.traffic")


def rescue_by_hand(situation: Situation, progress: Progress) -> Progress:
    """Rejects each version of the split that failed or crash-loops."""
    for watch in watches_by_hand(situation, progress):
        version, attempt = watch.subject, progress.attempt(watch.subject)
        evidence = situation.evidence(watch)
        cause = latched_failure(situation, progress, version, attempt) or failure_of(situation, version, evidence)
        if cause is None:
            continue
        progress = replace(progress, verdict_checks=evidence.checks)
        progress = progress.judged(version, RevisionVerdict.REJECTED, *cause, situation.now, attempt=attempt)
        progress = progress.told(*cause, warning=True, about=version)
        progress = replace(progress, rejected=progress.rejected or (version, attempt), verdict_checks=())
    return progress


def told_by_hand(situation: Situation, progress: Progress) -> str:
    """The split in a sentence, with what became of each version."""
    unknown = unknown_versions(situation)
    if unknown:
        return f"spec.traffic names {', '.join(unknown)}, never deployed: set spec.version to it first."
    said = [
        f"{watch.subject} is judged {situation.evidence(watch).verdict}"
        for watch in watches_by_hand(situation, progress)
    ]
    said += [
        f"{share.version} was rejected"
        for share in situation.observation.spec.traffic
        if progress.verdict(share.version) is RevisionVerdict.REJECTED
    ]
    said += [
        f"{share.version} has not passed its gates before traffic"
        for share in situation.observation.spec.traffic
        if share.version != progress.stable and not is_cleared(situation, progress, share.version)
    ]
    return f"Traffic is as spec.traffic says: {', '.join([f'{progress.stable} is the stable version', *said])}."
