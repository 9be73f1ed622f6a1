"""From a release and its revisions to the picture of it."""

from collections.abc import Sequence

from bertrelease_operator.api.promotion import PromotionState
from bertrelease_operator.api.status import (
    BertReleaseStatus,
    BertRevisionStatus,
    CheckStatus,
    ConcludedStatus,
    Condition,
    ConditionStatus,
    GateStatus,
    RevisionVerdict,
    Verdict,
)
from bertrelease_operator.cli.command_lines import operator_command
from bertrelease_operator.cli.objects import Release, Revision
from bertrelease_operator.cli.views.advice import advice
from bertrelease_operator.cli.views.model import Problem, ReleaseView, Role, Rollback, Share
from bertrelease_operator.cli.views.rollout import candidate, watched

# The status that each condition has when nothing is wrong. Progressing is neither good nor bad.
_GOOD = {
    "SpecAccepted": ConditionStatus.TRUE,
    "Healthy": ConditionStatus.TRUE,
    "Ready": ConditionStatus.TRUE,
    "RolledBack": ConditionStatus.FALSE,
    "Promotion": ConditionStatus.TRUE,
}
# A version that is still to come from upstream, or held here by a person, is nothing wrong.
_PATIENT = frozenset({PromotionState.WAITING, PromotionState.SOAKING, PromotionState.HELD, PromotionState.PINNED})


def release_view(release: Release, revisions: Sequence[Revision], now: float) -> ReleaseView:
    """The picture at `now` (epoch seconds)."""
    status = release.status
    gates_of, gates = _gates(status, revisions)
    return ReleaseView(
        namespace=release.namespace,
        name=release.name,
        created_at=release.created_at,
        asked_for=_asked_for(release),
        serving=status.stable,
        phase=status.phase,
        message=status.message,
        paused=release.spec.paused,
        behind=_behind(release),
        traffic=_traffic(release),
        candidate=candidate(release, now),
        watched=watched(release, now),
        checks=tuple(status.checks),
        checks_of=_checks_of(release),
        gates=gates,
        gates_of=gates_of if gates else "",
        last_rollback=_last_rollback(status, revisions),
        problems=_problems(status),
        advice=advice(release, revisions, now),
    )


def _asked_for(release: Release) -> str:
    upstream = release.spec.upstream
    if release.spec.version is not None or upstream is None:
        return release.spec.version or "no version"
    return f"what {upstream.described(release.namespace)} proves"


def _behind(release: Release) -> str:
    seen = release.status.observed_generation
    if seen >= release.generation:
        return ""
    what = "no operator has looked at this release yet" if seen == 0 else "the operator has not seen the last edit yet"
    return f"{what}; if this stays, see whether it runs: {operator_command()}"


def _traffic(release: Release) -> tuple[Share, ...]:
    status = release.status
    weights = status.weights
    versions = [status.stable, status.rollout.version if status.rollout is not None else None]
    with_weight = sorted({*weights.desired, *weights.applied, *weights.observed} - set(versions))
    shown = [version for version in versions if version is not None] + with_weight
    return tuple(
        Share(
            version=version,
            role=_role(release, version),
            desired=weights.desired.get(version, 0),
            applied=weights.applied.get(version, 0),
            observed=weights.observed.get(version, 0) if weights.observed else None,
        )
        for version in dict.fromkeys(shown)
    )


def _role(release: Release, version: str) -> Role:
    status = release.status
    if version == status.stable:
        return Role.SERVING
    if status.rollout is not None and version == status.rollout.version:
        return Role.CANDIDATE
    if version in {share.version for share in release.spec.traffic}:
        return Role.SHARING
    return Role.LEAVING


def _checks_of(release: Release) -> str:
    """Whose figures the checks are, and of when if they are not of now."""
    status = release.status
    if status.checks_of is None:
        return ""
    over = status.concluded is not None and status.concluded.version == status.checks_of and not release.spec.traffic
    return f"{status.checks_of}, when it was taken back" if over else status.checks_of


def _gates(status: BertReleaseStatus, revisions: Sequence[Revision]) -> tuple[str, tuple[GateStatus, ...]]:
    """Of the version on its way, or of the one that was turned down last."""
    if status.rollout is not None:
        return status.rollout.version, tuple(status.rollout.gates)
    if status.concluded is None:
        return "", ()
    version = status.concluded.version
    record = next((revision for revision in revisions if revision.version == version), None)
    return version, tuple(record.status.gates) if record is not None else ()


def _last_rollback(status: BertReleaseStatus, revisions: Sequence[Revision]) -> Rollback | None:
    """What the status says of the rollout that ended last, else the youngest rejection on record."""
    concluded = status.concluded
    if concluded is not None:
        record = next((r.status for r in revisions if r.version == concluded.version), None)
        return Rollback(
            version=concluded.version,
            serving=status.stable,
            verdict=record.verdict if record is not None else "",
            reason=concluded.reason,
            message=concluded.message,
            at=concluded.at,
            checks=tuple(check for check in _ended_on(concluded, status, record) if check.verdict is Verdict.FAIL),
        )
    rejected = [r for r in revisions if r.status.verdict is RevisionVerdict.REJECTED]
    if not rejected:
        return None
    last = max(rejected, key=lambda revision: revision.status.decided_at or "")
    return Rollback(
        version=last.version,
        serving=None,
        verdict=last.status.verdict,
        reason=last.status.reason,
        message=last.status.message,
        at=last.status.decided_at,
        checks=tuple(check for check in last.status.checks if check.verdict is Verdict.FAIL),
    )


def _ended_on(
    concluded: ConcludedStatus, status: BertReleaseStatus, record: BertRevisionStatus | None
) -> Sequence[CheckStatus]:
    if record is not None:
        return record.checks
    return status.checks if status.checks_of == concluded.version else ()


def _problems(status: BertReleaseStatus) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            type=condition.type,
            status=condition.status,
            reason=condition.reason,
            message=condition.message,
            since=condition.last_transition_time,
        )
        for condition in status.conditions
        if _is_wrong(status, condition)
    )


def _is_wrong(status: BertReleaseStatus, condition: Condition) -> bool:
    if condition.type == "Ready" and status.rollout is not None:
        return False  # not ready is what a rollout is
    if condition.type == "Promotion" and condition.reason in _PATIENT:
        return False
    return condition.type in _GOOD and condition.status is not _GOOD[condition.type]
