"""What exactly ran under a version's name, as its pods show it until it is judged."""

from collections.abc import Iterable

from bertrelease_operator.api.status import RevisionVerdict
from bertrelease_operator.core.progress import Progress, Situation


def record_identity(situation: Situation, progress: Progress) -> Progress:
    """Records the image's digest and the bundle's fingerprint.

    Those of a candidate as they are now, so that the verdict is about what ran when it was given; afterwards only what
    was not known yet.
    """
    for watch, evidence in situation.observation.evidence.items():
        progress = _recorded(progress, watch.subject, "fingerprint", evidence.fingerprints)
    for version, workload in situation.observation.workloads.items():
        progress = _recorded(progress, version, "image_id", workload.image_ids)
    return progress


def _recorded(progress: Progress, version: str, field: str, shown: Iterable[str]) -> Progress:
    """All that was shown, where pods disagree: that is no proof of anything."""
    status, text = progress.revisions.get(version), ", ".join(sorted(shown))
    if status is None or not text:
        return progress
    is_settled = status.verdict is not RevisionVerdict.CANDIDATE and getattr(status, field) is not None
    return progress if is_settled else progress.revised(version, **{field: text})
