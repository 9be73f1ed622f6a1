"""The versions of a release, the youngest first."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.status import RevisionVerdict, Timestamp
from bertrelease_operator.cli.objects import Capacity, Revision


class Warmth(StrEnum):
    WARM = "warm"  # going back to it is only a route
    STARTING = "starting"
    COLD = "cold"  # its pods must start first


class VersionView(ApiModel):
    """One version ever deployed."""

    version: str
    serving: bool
    verdict: RevisionVerdict
    reason: str
    message: str
    attempt: int
    created_at: Timestamp
    decided_at: Timestamp | None
    served_from: Timestamp | None
    served_until: Timestamp | None
    image: str
    fingerprint: str | None
    warmth: Warmth
    ready_pods: int


def history_view(
    revisions: Sequence[Revision], capacities: Mapping[str, Capacity], stable: str | None
) -> tuple[VersionView, ...]:
    """`capacities` by version; one without is cold."""
    youngest_first = sorted(revisions, key=lambda revision: revision.created_at, reverse=True)
    return tuple(
        _version_view(revision, capacities.get(revision.version, Capacity()), stable) for revision in youngest_first
    )


def _version_view(revision: Revision, capacity: Capacity, stable: str | None) -> VersionView:
    spec, status = revision.spec, revision.status
    return VersionView(
        version=revision.version,
        serving=revision.version == stable,
        verdict=status.verdict,
        reason=status.reason,
        message=status.message,
        attempt=status.attempt,
        created_at=revision.created_at,
        decided_at=status.decided_at,
        served_from=status.served_from,
        served_until=status.served_until,
        image=status.image_id or spec.image.reference(revision.version),
        fingerprint=status.fingerprint or spec.model.fingerprint,
        warmth=_warmth(capacity),
        ready_pods=capacity.ready,
    )


def _warmth(capacity: Capacity) -> Warmth:
    if capacity.wanted == 0:
        return Warmth.COLD
    return Warmth.WARM if capacity.ready >= capacity.wanted else Warmth.STARTING
