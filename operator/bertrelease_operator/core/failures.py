"""Why a version must be taken back: what it did, or what an earlier decision has found already."""

from bertrelease_operator.api.status import RevisionVerdict, Verdict
from bertrelease_operator.core.observation import EvidenceView, RouteNote
from bertrelease_operator.core.progress import Progress, Situation


def latched_failure(situation: Situation, progress: Progress, version: str, attempt: int) -> tuple[str, str] | None:
    """An earlier decision, of which only the first writes were made before the operator stopped."""
    note = situation.observation.route.note if situation.observation.route is not None else None
    if (
        note is not None
        and (note.rejected, note.attempt) == (version, attempt)
        and _is_of_record(situation, version, note)
    ):
        return note.reason, note.message
    status = progress.revisions.get(version)
    if status is not None and status.verdict is RevisionVerdict.REJECTED and status.attempt == attempt:
        return status.reason, status.message
    return None


def _is_of_record(situation: Situation, version: str, note: RouteNote) -> bool:
    """Whether the version has the record that the note was written about, as far as the note says."""
    record = situation.observation.revisions.get(version)
    return record is not None and note.record_uid in ("", record.uid)


def failure_of(situation: Situation, version: str, evidence: EvidenceView) -> tuple[str, str] | None:
    """Reason and message, if the evidence says Fail or the pods crash again and again."""
    if evidence.verdict is Verdict.FAIL:
        failed = [check for check in evidence.checks if check.verdict is Verdict.FAIL]
        figures = "; ".join(check.message for check in failed)
        return reason_of(failed[0].name) if failed else "HealthCheckFailed", f"{version} was taken back: {figures}."
    workload = situation.observation.workloads.get(version)
    if workload is not None and workload.crash_looping:
        return "CrashLoop", f"{version} was taken back: its pods crash again and again ({workload.problem})."
    return None


def reason_of(check: str) -> str:
    """`error-rate` -> `ErrorRateFailed`: conditions and Events want one CamelCase word."""
    return "".join(word.capitalize() for word in check.split("-")) + "Failed"
