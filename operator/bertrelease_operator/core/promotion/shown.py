"""What the pods of an adopted version show, against what was proven elsewhere."""

from bertrelease_operator.api.promotion import Proof
from bertrelease_operator.api.status import RolloutStage
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.observation import Observation
from bertrelease_operator.core.patience import uncounted_seconds
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.promotion.proof import digests_of


def shows_its_proof(observation: Observation, version: str) -> bool:
    """Whether the pods have shown their image, for a version whose image was proven elsewhere.

    Before a version has its record it has no pods either. Their bundle's fingerprint pods check themselves, before they
    become ready.
    """
    adopted = observation.revisions.get(version)
    if adopted is None:
        return False
    return adopted.spec.proof is None or _images(observation, version) == {adopted.spec.proof.image_digest}


def mismatch(observation: Observation, proof: Proof, version: str) -> tuple[str, str] | None:
    """Reason and message, as soon as one pod shows something else."""
    images = sorted(_images(observation, version) - {proof.image_digest})
    if images:
        return "ProofMismatch", (
            f"{version} was stopped: its pods run image {images[0]}, and {proof.image_digest} was proven. Put the "
            "proven image into this environment's registry, then retry it."
        )
    shown = (evidence.fingerprints for watch, evidence in observation.evidence.items() if watch.subject == version)
    bundles = sorted(frozenset[str]().union(*shown) - {proof.fingerprint})
    if bundles:
        return "ProofMismatch", (
            f"{version} was stopped: its pods loaded bundle {bundles[0]}, and {proof.fingerprint} was proven. Provide "
            "the proven bundle, then retry it."
        )
    return None


def show_by(situation: Situation, progress: Progress) -> float | None:
    """Until when the candidate's pods, which are ready, must have shown their image; None if nothing waits for that."""
    rollout = progress.rollout
    if rollout is None or rollout.stage is not RolloutStage.STARTING or rollout.ready_since is None:
        return None
    if not rollout.analysed or shows_its_proof(situation.observation, rollout.version):
        return None
    patience = situation.observation.spec.strategy.ready_deadline_seconds
    return to_epoch(rollout.ready_since) + uncounted_seconds(situation, rollout) + patience


def _images(observation: Observation, version: str) -> frozenset[str]:
    workload = observation.workloads.get(version)
    return digests_of(workload.image_ids) if workload is not None else frozenset()
