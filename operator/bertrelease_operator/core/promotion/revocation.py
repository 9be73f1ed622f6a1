"""When upstream changes its mind, or the pods are not what it proved."""

from bertrelease_operator.api.promotion import Proof
from bertrelease_operator.api.status import RevisionVerdict, RolloutStage, RolloutStatus
from bertrelease_operator.core.endings import abandon, reject
from bertrelease_operator.core.failures import latched_failure
from bertrelease_operator.core.observation import Observation, RevisionView
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.promotion.proof import digest_of
from bertrelease_operator.core.promotion.view import UpstreamView


def revocation(view: UpstreamView | None, adopted: RevisionView, source: str) -> str:
    """Why upstream does not vouch any more for a version that was adopted from it, in a sentence; empty if it does.

    A version that it forgot, or cannot be asked about, is not revoked.
    """
    version, proof = adopted.spec.version, adopted.spec.proof
    there = view.versions.get(version) if view is not None else None
    if there is None or proof is None:
        return ""
    if there.verdict is not RevisionVerdict.PROVEN:
        return f"{source} no longer holds {version} proven ({there.verdict}: {there.message.rstrip('.')})."
    if there.proof is not None and there.proof != proof:
        return f"{source} has proven other contents under the name {version} since it was adopted here."
    return ""


def stop_unproven(situation: Situation, progress: Progress) -> Progress:
    """Takes a candidate back whose proof does not hold any more, or whose pods are not what was proven.

    The very first version only as long as it has no traffic: afterwards there is nothing to go back to.
    """
    rollout = progress.rollout
    if rollout is None or not rollout.analysed or not _can_stop(progress, rollout):
        return progress
    adopted = situation.observation.revisions.get(rollout.version)
    if adopted is None or adopted.spec.proof is None:
        return progress
    cause = latched_failure(situation, progress, rollout.version, rollout.attempt)
    cause = cause or _mismatch(situation.observation, adopted.spec.proof, rollout.version)
    cause = cause or _revoked(situation.observation, adopted)
    if cause is not None:
        return reject(situation, progress, *cause)
    view, source = situation.observation.upstream, adopted.spec.promoted_from
    if view is not None and view.stable is not None and view.is_older(view.stable, than=rollout.version):
        message = f"{rollout.version} was stopped: {source} went back to {view.stable}. Retry it if it may go on."
        return abandon(situation, progress, "UpstreamWentBack", message)
    return progress


def shows_its_proof(observation: Observation, version: str) -> bool:
    """Whether the pods have shown their image, for a version whose image was proven elsewhere.

    Before a version has its record it has no pods either. Their bundle's fingerprint pods check themselves, before they
    become ready.
    """
    adopted, workload = observation.revisions.get(version), observation.workloads.get(version)
    if adopted is None:
        return False
    if adopted.spec.proof is None:
        return True
    return workload is not None and digest_of(workload.image_id) == adopted.spec.proof.image_digest


def _can_stop(progress: Progress, rollout: RolloutStatus) -> bool:
    return progress.stable is not None or rollout.stage is RolloutStage.STARTING


def _mismatch(observation: Observation, proof: Proof, version: str) -> tuple[str, str] | None:
    """What the pods show, as soon as they show it."""
    workload = observation.workloads.get(version)
    image = digest_of(workload.image_id) if workload is not None else None
    if image not in {None, proof.image_digest}:
        return "ProofMismatch", (
            f"{version} was stopped: its pods run image {image}, and {proof.image_digest} was proven. Put the proven "
            "image into this environment's registry, then retry it."
        )
    shown = {evidence.fingerprint for watch, evidence in observation.evidence.items() if watch.subject == version}
    others = sorted(fingerprint for fingerprint in shown - {None, proof.fingerprint} if fingerprint is not None)
    if others:
        return "ProofMismatch", (
            f"{version} was stopped: its pods loaded bundle {others[0]}, and {proof.fingerprint} was proven. Provide "
            "the proven bundle, then retry it."
        )
    return None


def _revoked(observation: Observation, adopted: RevisionView) -> tuple[str, str] | None:
    source = adopted.spec.promoted_from or "upstream"
    revoked = revocation(observation.upstream, adopted, source)
    return ("UpstreamRevoked", f"{adopted.spec.version} was stopped: {revoked}") if revoked else None
