"""Which changes of a release people are told of, and who still has to be.

What is to be told stands in the status that the change itself makes, in the same write: so neither is ever there
without the other. It leaves the status when every receiver has it, or was given up.
"""

from collections.abc import Iterator, Mapping, Set
from itertools import chain, count
from typing import Final

from bertrelease_operator.api.gates import GateKind
from bertrelease_operator.api.notifications import NoticeKind
from bertrelease_operator.api.promotion import PromotionState
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.status import (
    BertReleaseStatus,
    BertRevisionStatus,
    ConcludedStatus,
    NoticeStatus,
    Phase,
)
from bertrelease_operator.core.clipping import clipped
from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.core.gates.points import open_gate
from bertrelease_operator.core.observation import Observation
from bertrelease_operator.core.rejections import told_rejections

# Beyond these the oldest are not told any more: receivers that are away must not make a status grow.
MOST_PENDING: Final = 16
_LONGEST_MESSAGE: Final = 1024

_HEADLINES: Final[Mapping[NoticeKind, str]] = {
    NoticeKind.STARTED: "{version} is on its way",
    NoticeKind.PAUSED: "{version} is paused",
    NoticeKind.NEEDS_APPROVAL: "{version} needs approval",
    NoticeKind.ROLLED_BACK: "{version} was rolled back",
    NoticeKind.PROMOTED: "{version} serves",
    NoticeKind.UPSTREAM_REVOKED: "{version} serves and is not proven any more",
}


def headline(notice: NoticeStatus) -> str:
    """For a subject line."""
    return _HEADLINES[notice.event].format(version=notice.version)


def pending_notices(
    observation: Observation, after: BertReleaseStatus, verdicts: Mapping[str, BertRevisionStatus], now: float
) -> list[NoticeStatus]:
    """What was pending and has not been told since, and what the change to `after` and `verdicts` adds."""
    notices = [_left(notice, observation) for notice in observation.status.notices]
    taken = {notice.id for notice in notices} | {identity for identity, _ in observation.told}
    for kind, version, message in (*_rejections(observation, after, verdicts), *_changes(observation.status, after)):
        notice = _notice(observation, kind, version, message, now)
        identity = _unused(notice.id, taken)
        taken.add(identity)
        notices.append(notice.model_copy(update={"id": identity}))
    return [notice for notice in notices if notice.receivers][-MOST_PENDING:]


def _unused(identity: str, taken: Set[str]) -> str:
    """The same may happen again before the clock has moved."""
    numbered = (f"{identity}/{number}" for number in count(2))
    return next(one for one in chain([identity], numbered) if one not in taken)


def _left(notice: NoticeStatus, observation: Observation) -> NoticeStatus:
    known = {receiver.name for receiver in observation.spec.notifications}
    receivers = [name for name in notice.receivers if name in known and (notice.id, name) not in observation.told]
    return notice.model_copy(update={"receivers": receivers})


def _notice(observation: Observation, kind: NoticeKind, version: str, message: str, now: float) -> NoticeStatus:
    at = to_timestamp(now)
    return NoticeStatus(
        id=f"{kind}/{version}/{at}",
        event=kind,
        version=version,
        model=_model(observation, version),
        message=clipped(message, _LONGEST_MESSAGE),
        at=at,
        receivers=_receivers(observation.spec, kind),
    )


def _receivers(spec: BertReleaseSpec, kind: NoticeKind) -> list[str]:
    return [receiver.name for receiver in spec.notifications if kind in receiver.events]


def _model(observation: Observation, version: str) -> str:
    known = observation.revisions.get(version)
    model = known.spec.model if known is not None else observation.spec.model
    return model.name if model is not None else ""


def _changes(before: BertReleaseStatus, after: BertReleaseStatus) -> Iterator[tuple[NoticeKind, str, str]]:
    """Kind, version and sentence; an ending before a beginning."""
    ended, rollout = _ended(before, after), after.rollout
    if ended is not None:
        yield NoticeKind.ROLLED_BACK, ended.version, ended.message
    elif after.stable is not None and after.stable != before.stable:
        instead = f" instead of {before.stable}" if before.stable is not None else ""
        yield NoticeKind.PROMOTED, after.stable, f"{after.stable} serves all traffic{instead}."
    if rollout is not None and rollout.analysed and _run(after) != _run(before):
        beside = f" beside {after.stable}" if after.stable is not None else ""
        yield NoticeKind.STARTED, rollout.version, f"{rollout.version} starts{beside}."
    if _asked(after) and _asked(after) != _asked(before):
        yield NoticeKind.NEEDS_APPROVAL, _subject(after), after.message
    elif _pauses(after) and not _pauses(before):
        yield NoticeKind.PAUSED, _subject(after), after.message
    revoked = _revoked(after)
    if revoked and revoked != _revoked(before) and after.promotion is not None:
        yield NoticeKind.UPSTREAM_REVOKED, revoked, after.promotion.message


def _rejections(
    observation: Observation, after: BertReleaseStatus, verdicts: Mapping[str, BertRevisionStatus]
) -> Iterator[tuple[NoticeKind, str, str]]:
    """Of versions that had a share by a person's own weights: their end is no end of a rollout."""
    before, ended = told_rejections(observation), _ended(observation.status, after)
    for version, attempt in (after.rejected or {}).items():
        if before.get(version) != attempt and (ended is None or ended.version != version):
            yield NoticeKind.ROLLED_BACK, version, verdicts[version].message


def _ended(before: BertReleaseStatus, after: BertReleaseStatus) -> ConcludedStatus | None:
    """What the change itself has ended; a version whose end is older may be rejected by hand since."""
    return after.concluded if after.concluded != before.concluded else None


def _revoked(status: BertReleaseStatus) -> str:
    """The version that serves although upstream took back its proof; empty if there is none."""
    promotion = status.promotion
    if promotion is None or promotion.state is not PromotionState.REVOKED:
        return ""
    return promotion.version or ""


def _run(status: BertReleaseStatus) -> tuple[str, int, str] | None:
    rollout = status.rollout
    return (rollout.version, rollout.attempt, rollout.started_at) if rollout is not None else None


def _asked(status: BertReleaseStatus) -> str:
    """What a person is asked at the moment: at a step, or by a gate; empty if nothing."""
    rollout = status.rollout
    if rollout is None:
        return ""
    if rollout.awaiting_since is not None:
        return rollout.awaiting_since
    gate = open_gate(rollout)
    if gate is None or gate.kind is not GateKind.APPROVAL:
        return ""
    return f"{gate.name}/{gate.point}/{gate.started_at}"


def _pauses(status: BertReleaseStatus) -> bool:
    return status.phase is Phase.PAUSED and not _asked(status)


def _subject(status: BertReleaseStatus) -> str:
    """The version that is held."""
    return status.rollout.version if status.rollout is not None else status.version or ""
