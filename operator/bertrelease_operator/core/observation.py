"""What `decide` sees: one read-only picture of a release, taken at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bertrelease_operator.api.health import Health
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.status import BertReleaseStatus, BertRevisionStatus, CheckStatus, Verdict
from bertrelease_operator.core.evidence.trail import NO_TRAIL, Trail
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.core.promotion.view import UpstreamView
from bertrelease_operator.core.steering import NO_STEERING, Steering


@dataclass(frozen=True, slots=True)
class RevisionView:
    """A BertRevision as stored."""

    spec: BertRevisionSpec
    status: BertRevisionStatus
    uid: str
    created_at: float


@dataclass(frozen=True, slots=True)
class WorkloadView:
    """One version's Deployment and the endpoints of its Service."""

    replicas: int = 0  # Deployment.spec.replicas; 0 also when there is no Deployment
    ready_endpoints: int = 0  # ready addresses in the Service's EndpointSlices: what a proxy can reach
    restarts: int = 0  # of the server container, over all pods of the version
    crash_looping: bool = False
    problem: str = ""  # why pods are not ready, in a person's words; empty when nothing is wrong
    image_ids: frozenset[str] = frozenset()  # of the server containers, with digests, as the kubelets resolved them


@dataclass(frozen=True, slots=True)
class RouteNote:
    """Why the route last moved; written in the same request as the weights, so that neither exists alone."""

    changed_at: float
    reason: str = ""
    message: str = ""
    rejected: str | None = None  # the version that was taken back ...
    attempt: int = 0  # ... and which attempt of it
    steering: Steering = NO_STEERING
    stopped: str | None = None  # the version that went back although nothing is wrong with it, instead of `rejected`
    record_uid: str = ""  # of the BertRevision of either: attempts begin with 1 again if it is deleted


@dataclass(frozen=True, slots=True)
class RouteView:
    """The route's object: percent of traffic by version."""

    weights: Mapping[str, int]
    note: RouteNote | None = None
    resource_version: str = ""

    @property
    def steering(self) -> Steering:
        return self.note.steering if self.note is not None else NO_STEERING

    def reaches(self, version: str) -> bool:
        """Whether it sends any request to `version`, or a copy of one."""
        return self.most_percent(version) > 0

    def most_percent(self, version: str) -> int:
        """The most of all requests, and of copies of them, that `version` may get."""
        matching, mirroring, stickiness = self.steering.matching, self.steering.mirroring, self.steering.stickiness
        if any(chosen is not None and chosen.version == version for chosen in (matching, stickiness)):
            return 100  # nobody knows how many requests match, or bring a cookie from a time of another weight
        copies = mirroring.percent if mirroring is not None and mirroring.version == version else 0
        return min(100, self.weights.get(version, 0) + copies)


@dataclass(frozen=True, slots=True)
class Watch:
    """Which pods' figures to gather, and since when they count: a new `epoch` starts from zero."""

    subject: str
    baseline: str | None
    epoch: str
    health: Health | None = field(default=None, compare=False)  # the limits, where they are not the release's
    compares_arms: bool = False  # the baseline, too, needs the minimum sample
    gets_copies: bool = False  # the subject answers requests that the baseline answers, too
    needs_requests: bool = True  # False: nothing needs to come in; what does can fail the subject, not pass it


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """What the figures of one watch say so far."""

    verdict: Verdict
    checks: tuple[CheckStatus, ...] = ()
    observed_weights: Mapping[str, int] = field(default_factory=dict)
    fingerprints: frozenset[str] = frozenset()  # of the bundles that the subject's pods loaded
    suspected: bool = False  # not failed yet, but worth another look soon
    trail: Trail = field(default=NO_TRAIL, compare=False)  # the looks that it comes from


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that a decision depends on, besides the time."""

    namespace: str
    name: str
    generation: int
    spec: BertReleaseSpec
    status: BertReleaseStatus
    command: str | None = None  # annotation bertrelease.io/command
    approval: str | None = None  # annotation bertrelease.io/approve
    revisions: Mapping[str, RevisionView] = field(default_factory=dict)
    workloads: Mapping[str, WorkloadView] = field(default_factory=dict)
    route: RouteView | None = None
    root_version: str | None = None  # which version the root Service selects
    evidence: Mapping[Watch, EvidenceView] = field(default_factory=dict)
    gates: Mapping[GateRun, GateResult] = field(default_factory=dict)
    told: frozenset[tuple[str, str]] = frozenset()  # (id of a notice, receiver) that are done with
    absent_kinds: frozenset[str] = frozenset()  # that the cluster could have, and has not
    obstacle: str = ""  # why nothing new can begin in this cluster, in a person's words
    upstream: UpstreamView | None = None  # of the release that is followed; None before it was read

    @property
    def route_changed_at(self) -> float:
        """When the route's weights or steering last changed, in seconds since the epoch; 0 if that is not known."""
        return self.route.note.changed_at if self.route is not None and self.route.note is not None else 0.0

    def ready(self, version: str | None) -> int:
        """Ready endpoints of `version`; 0 for None and for versions without a workload."""
        workload = self.workloads.get(version) if version is not None else None
        return workload.ready_endpoints if workload is not None else 0
