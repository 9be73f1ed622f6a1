"""What exactly ran under a version's name: recorded once, when the pods first show it."""

from bertrelease_operator.core.progress import Progress, Situation


def record_identity(situation: Situation, progress: Progress) -> Progress:
    """Fills in the image's digest and the bundle's fingerprint of versions that do not have them yet."""
    for watch, evidence in situation.observation.evidence.items():
        if evidence.fingerprint is not None and _lacks(progress, watch.subject, "fingerprint"):
            progress = progress.revised(watch.subject, fingerprint=evidence.fingerprint)
    for version, workload in situation.observation.workloads.items():
        if workload.image_id is not None and _lacks(progress, version, "image_id"):
            progress = progress.revised(version, image_id=workload.image_id)
    return progress


def _lacks(progress: Progress, version: str, field: str) -> bool:
    status = progress.revisions.get(version)
    return status is not None and getattr(status, field) is None
