"""When upstream changes its mind, and what stops a candidate whose proof does not hold."""

from dataclasses import replace

from bertrelease_operator.api.status import BertRevisionStatus, RevisionVerdict, RolloutStage, RolloutStatus
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.endings import abandon, reject
from bertrelease_operator.core.failures import latched_failure
from bertrelease_operator.core.observation import Observation, RevisionView
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.promotion.shown import mismatch, show_by
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
    """Takes a candidate back whose proof does not hold any more, or whose pods do not show what was proven.

    The very first version only as long as it has no traffic: afterwards there is nothing to go back to.
    """
    rollout = progress.rollout
    if rollout is None or not rollout.analysed or not _can_stop(progress, rollout):
        return progress
    adopted = situation.observation.revisions.get(rollout.version)
    if adopted is None or adopted.spec.proof is None:
        return progress
    cause = latched_failure(situation, progress, rollout.version, rollout.attempt)
    cause = cause or mismatch(situation.observation, adopted.spec.proof, rollout.version)
    cause = cause or _revoked(situation.observation, adopted)
    if cause is not None:
        return reject(situation, progress, *cause)
    until = show_by(situation, progress)
    if until is not None and situation.now >= until:
        limit_seconds = situation.observation.spec.strategy.ready_deadline_seconds
        message = (
            f"{rollout.version} was stopped: its pods are ready, and did not show the digest of their image within "
            f"{limit_seconds} s. Retry it when their nodes name images by digest."
        )
        return abandon(situation, progress, "ProofNotShown", message)
    left = _left(situation, progress, rollout, adopted.spec.promoted_from or "upstream")
    if not left:
        return progress
    progress = progress.revised(rollout.version, left_attempt=rollout.attempt)
    return replace(abandon(situation, progress, "UpstreamWentBack", left), stopped=(rollout.version, rollout.attempt))


def _left(situation: Situation, progress: Progress, rollout: RolloutStatus, source: str) -> str:
    """Why a candidate is stopped that upstream has left for an earlier version, in a sentence; empty if it goes on.

    It goes on where a person says so: by a pin, or by a retry after it was stopped.
    """
    status = progress.revisions[rollout.version]
    is_wish = status.left_attempt is not None and rollout.attempt > status.left_attempt
    if is_wish or situation.observation.spec.version == rollout.version:
        return ""
    latched = _latched_stop(situation, status, rollout)
    view = situation.observation.upstream
    if latched or view is None or view.stable is None or not view.is_older(view.stable, than=rollout.version):
        return latched
    return f"{rollout.version} was stopped: {source} went back to {view.stable}. Retry it if it may go on."


def _latched_stop(situation: Situation, status: BertRevisionStatus, rollout: RolloutStatus) -> str:
    """Of an earlier decision, of which only the first writes were made before the operator stopped.

    The note stays when the same attempt begins again.
    """
    note = situation.observation.route.note if situation.observation.route is not None else None
    if note is not None and (note.stopped, note.attempt) == (rollout.version, rollout.attempt):
        return note.message if note.changed_at > to_epoch(rollout.started_at) else ""
    is_judged = status.verdict is RevisionVerdict.UNPROVEN and status.left_attempt == rollout.attempt
    return status.message if is_judged else ""


def _can_stop(progress: Progress, rollout: RolloutStatus) -> bool:
    return progress.stable is not None or rollout.stage is RolloutStage.STARTING


def _revoked(observation: Observation, adopted: RevisionView) -> tuple[str, str] | None:
    source = adopted.spec.promoted_from or "upstream"
    revoked = revocation(observation.upstream, adopted, source)
    return ("UpstreamRevoked", f"{adopted.spec.version} was stopped: {revoked}") if revoked else None
