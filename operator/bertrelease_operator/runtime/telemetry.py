"""The operator's own metrics."""

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from bertrelease_operator.api.health import SourceKind
from bertrelease_operator.api.notifications import ReceiverKind
from bertrelease_operator.api.status import BertReleaseStatus, BertRevisionStatus, RevisionVerdict
from bertrelease_operator.core.evidence.readings import Look
from bertrelease_operator.runtime.election import Role
from bertrelease_operator.runtime.records import ReleaseKey
from bertrelease_operator.runtime.release_metrics import ReleaseCollector, ReleaseFigures

_PROMOTIONS: Final = ("first", "new", "back")
_TOLD: Final = ("sent", "failed", "dropped")
_FAST_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Telemetry:
    """One registry with everything in it."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # half of the page, and of no use here
        self.registry = CollectorRegistry()
        self._releases: dict[ReleaseKey, ReleaseFigures] = {}
        self._follows = True
        self.registry.register(ReleaseCollector(self._releases))
        self._unreadable: set[ReleaseKey] = set()
        Gauge(
            "bertrelease_unreadable_releases",
            "BertReleases that do not fit the operator's schema and are left alone.",
            registry=self.registry,
        ).set_function(lambda: len(self._unreadable))
        self.reconciles = Counter(
            "bertrelease_reconciles", "Passes over a release, by how they ended.", ["result"], registry=self.registry
        )
        self.reconcile_seconds = Histogram(
            "bertrelease_reconcile_seconds", "Duration of a pass.", buckets=_FAST_BUCKETS, registry=self.registry
        )
        self.decision_seconds = Histogram(
            "bertrelease_decision_seconds",
            "Duration of a decision, once everything is known.",
            buckets=_FAST_BUCKETS,
            registry=self.registry,
        )
        self.decisions = Counter(
            "bertrelease_decisions", "Transitions decided on, by reason.", ["reason"], registry=self.registry
        )
        self._rollbacks = Counter(
            "bertrelease_rollbacks", "Versions taken back, by reason.", ["reason"], registry=self.registry
        )
        self._promotions = Counter(
            "bertrelease_promotions",
            "Versions that became the stable one: the first of a release, a new one, or one from before.",
            ["kind"],
            registry=self.registry,
        )
        for kind in _PROMOTIONS:
            self._promotions.labels(kind)  # a rise from 0 shows, a beginning at 1 does not
        self.writes = Counter(
            "bertrelease_writes", "Objects written, by kind and why.", ["kind", "reason"], registry=self.registry
        )
        self.route_seconds = Histogram(
            "bertrelease_route_write_seconds",
            "From the decision to move traffic until the API server has it.",
            buckets=_FAST_BUCKETS,
            registry=self.registry,
        )
        self._requests = Counter(
            "bertrelease_api_requests",
            "Requests to the API server, watches not included.",
            ["verb", "resource", "status"],
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "bertrelease_api_request_seconds",
            "Duration of a request to the API server.",
            ["verb"],
            buckets=_FAST_BUCKETS,
            registry=self.registry,
        )
        self._looks = Counter(
            "bertrelease_looks", "Rounds of asking for figures.", ["source", "result"], registry=self.registry
        )
        self._look_seconds = Histogram(
            "bertrelease_look_seconds", "Duration of a look.", ["source"], buckets=_FAST_BUCKETS, registry=self.registry
        )
        self._notifications = Counter(
            "bertrelease_notifications",
            "Tries to tell somebody what happened, and notices that were given up, by kind of receiver.",
            ["kind", "result"],
            registry=self.registry,
        )
        for kind in ReceiverKind:
            for result in _TOLD:
                self._notifications.labels(kind.value, result)  # as above
        self.events = Counter(
            "bertrelease_watch_events", "Events heard from the API server.", ["kind"], registry=self.registry
        )
        self.listed = Counter(
            "bertrelease_watch_listed",
            "Objects that came from a listing: at the start, and when a watch had to begin anew.",
            ["kind"],
            registry=self.registry,
        )
        self._leader = Gauge("bertrelease_leader", "1 while this process holds the lease.", registry=self.registry)
        self.queue_depth = Gauge("bertrelease_queue_depth", "Releases that are due and wait.", registry=self.registry)
        self.queue_age = Gauge(
            "bertrelease_queue_oldest_seconds", "For how long the oldest one has.", registry=self.registry
        )
        self.watched = Gauge(
            "bertrelease_watched_releases", "Releases whose figures are gathered.", registry=self.registry
        )
        self.settled_seconds = Gauge(
            "bertrelease_settled_seconds",
            "From the start of the process until every release had been visited as leader.",
            registry=self.registry,
        )

    def role_changed(self, role: Role) -> None:
        """What a follower knew of releases while it led is out of date, and somebody else tells of them."""
        self._leader.set(role is Role.LEADER)
        self._follows = role is Role.FOLLOWER
        if self._follows:
            self._releases.clear()
            self._unreadable.clear()

    def release_seen(self, key: ReleaseKey, figures: ReleaseFigures) -> None:
        """At the end of a pass, which may be the last one that began while this process led."""
        self._unreadable.discard(key)
        if not self._follows:
            self._releases[key] = figures

    def release_unreadable(self, key: ReleaseKey) -> None:
        self._releases.pop(key, None)
        if not self._follows:
            self._unreadable.add(key)

    def release_gone(self, key: ReleaseKey) -> None:
        self._releases.pop(key, None)
        self._unreadable.discard(key)

    def count_promotion(self, before: BertReleaseStatus, after: BertReleaseStatus) -> None:
        """Nothing unless the stable version changed, and not because the one before it was taken back."""
        if after.stable == before.stable or after.stable is None or after.concluded is not None:
            return
        if before.stable is None:
            kind = "first"
        else:
            kind = "new" if before.rollout is None or before.rollout.analysed else "back"
        self._promotions.labels(kind).inc()

    def count_rollbacks(self, verdicts: Iterable[BertRevisionStatus]) -> None:
        """Of `verdicts`, given in one pass, those against a version."""
        for status in verdicts:
            if status.verdict is RevisionVerdict.REJECTED:
                self._rollbacks.labels(status.reason).inc()

    def observe_request(self, verb: str, resource: str, status: str, seconds: float) -> None:
        """Fits `RequestObserver`."""
        self._requests.labels(verb, resource, status).inc()
        self._request_seconds.labels(verb).observe(seconds)

    def observe_look(self, source: SourceKind, look: Look | None, seconds: float) -> None:
        """Fits `LookObserver`."""
        result = "error" if look is None else "down" if look.down else "answered"
        self._looks.labels(source.value, result).inc()
        self._look_seconds.labels(source.value).observe(seconds)

    def count_notification(self, kind: ReceiverKind, result: str) -> None:
        """`result`: sent, failed or dropped."""
        self._notifications.labels(kind.value, result).inc()

    def page(self) -> bytes:
        """All metrics in the text format."""
        return generate_latest(self.registry)
