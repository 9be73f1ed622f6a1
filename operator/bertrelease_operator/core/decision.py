"""What `decide` says is to be done, and what the status becomes. Rendering and writing follow it to the letter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.status import BertReleaseStatus, BertRevisionStatus
from bertrelease_operator.core.gates.contract import GateRun
from bertrelease_operator.core.observation import RouteNote, Watch


class EventType(StrEnum):
    NORMAL = "Normal"
    WARNING = "Warning"


@dataclass(frozen=True, slots=True)
class ReleaseEvent:
    """A Kubernetes Event on the BertRelease, told once per transition."""

    type: EventType
    reason: str
    message: str
    about: str | None = None  # the version that it is about


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """The weights that the route must have.

    `urgent`: traffic leaves a version (rollback, or away from what is not ready). Then the route is written
    first, unconditionally, and nothing else that istiod watches is written until `quiet_until`.
    Otherwise the route is written last, and only if it is still the one that was observed.
    """

    weights: Mapping[str, int]
    note: RouteNote
    urgent: bool


@dataclass(frozen=True, slots=True)
class ReplicaRange:
    """Between which numbers of pods an autoscaler may choose."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Decision:
    """One step of one release."""

    status: BertReleaseStatus
    route: RouteDecision | None  # None: leave the route as it is
    replicas: Mapping[str, int]  # every version that keeps a Deployment
    root_version: str | None
    record: BertRevisionSpec | None  # a BertRevision to create, before anything else
    ranges: Mapping[str, ReplicaRange] = field(default_factory=dict)  # of versions that have an autoscaler
    revision_statuses: Mapping[str, BertRevisionStatus] = field(default_factory=dict)  # only the changed ones
    prune: tuple[str, ...] = ()  # versions whose BertRevision (and with it all children) is deleted
    watches: tuple[Watch, ...] = ()
    gates: tuple[GateRun, ...] = ()  # what runners should work at; anything else they were at is over
    events: tuple[ReleaseEvent, ...] = ()
    preview_version: str | None = None  # which version the preview Service selects; None: there is none
    quiet_until: float | None = None  # until then write no Service, Deployment or other thing that istiod watches
    requeue_at: float | None = None
