"""What people read of the promotion: its status, and an Event when that changes."""

from dataclasses import replace
from typing import Final

from bertrelease_operator.api.promotion import PromotionState
from bertrelease_operator.api.status import PromotionStatus
from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.core.decision import EventType, ReleaseEvent
from bertrelease_operator.core.observation import Observation
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.promotion.adoption import Adoption

_EVENTS: Final = {
    PromotionState.FOLLOWING: ("Adopted", EventType.NORMAL),
    PromotionState.REFUSED: ("PromotionRefused", EventType.WARNING),
    PromotionState.NO_DATA: ("UpstreamUnknown", EventType.WARNING),
    PromotionState.REVOKED: ("UpstreamRevoked", EventType.WARNING),
}


def promotion_status(observation: Observation, adoption: Adoption, source: str, now: float) -> PromotionStatus:
    """Until upstream was read for the first time, what was known before the operator's start stands."""
    before = observation.status.promotion
    if observation.upstream is None and before is not None and before.from_ == source and not adoption.refusal:
        return before
    same = before is not None and (before.state, before.version) == (adoption.state, adoption.version)
    return PromotionStatus(
        from_=source,
        state=adoption.state,
        version=adoption.version,
        since=before.since if before is not None and same else to_timestamp(now),
        message=adoption.message,
        proof=adoption.proof,
    )


def tell_promotion(situation: Situation, progress: Progress) -> Progress:
    """An Event when the state turns into one that people want to hear of."""
    before, after = situation.observation.status.promotion, situation.promotion
    if after is None or (before is not None and (before.state, before.version) == (after.state, after.version)):
        return progress
    told = _EVENTS.get(after.state)
    if told is None:
        return progress
    reason, kind = told
    return replace(progress, events=(*progress.events, ReleaseEvent(kind, reason, after.message)))
