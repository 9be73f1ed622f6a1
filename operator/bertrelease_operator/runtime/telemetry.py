"""The operator's own metrics."""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bertrelease_operator.api.health import SourceKind
from bertrelease_operator.api.status import Phase
from bertrelease_operator.core.evidence.readings import Look
from bertrelease_operator.runtime.records import ReleaseKey

_FAST_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class _Phases(Collector):
    """Counts releases by phase when it is asked, instead of moving gauges up and down."""

    def __init__(self, phases: dict[ReleaseKey, Phase]) -> None:
        self._phases = phases

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily("bertrelease_releases", "BertReleases by phase.", labels=["phase"])
        phases = list(self._phases.values())
        for phase in Phase:
            family.add_metric([phase.value], phases.count(phase))
        yield family


class Telemetry:
    """One registry with everything in it."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # half of the page, and of no use here
        self.registry = CollectorRegistry()
        self.phases: dict[ReleaseKey, Phase] = {}
        self.registry.register(_Phases(self.phases))
        self.reconciles = Counter(
            "bertrelease_reconciles", "Passes over a release, by how they ended.", ["result"], registry=self.registry
        )
        self.reconcile_seconds = Histogram(
            "bertrelease_reconcile_seconds", "Duration of a pass.", buckets=_FAST_BUCKETS, registry=self.registry
        )
        self.decisions = Counter(
            "bertrelease_decisions", "Transitions decided on, by reason.", ["reason"], registry=self.registry
        )
        self.rollbacks = Counter(
            "bertrelease_rollbacks", "Versions taken back, by reason.", ["reason"], registry=self.registry
        )
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
        self.events = Counter(
            "bertrelease_watch_events", "Events heard from the API server.", ["kind"], registry=self.registry
        )
        self.listed = Counter(
            "bertrelease_watch_listed",
            "Objects that came from a listing: at the start, and when a watch had to begin anew.",
            ["kind"],
            registry=self.registry,
        )
        self.leader = Gauge("bertrelease_leader", "1 while this process holds the lease.", registry=self.registry)
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

    def observe_request(self, verb: str, resource: str, status: str, seconds: float) -> None:
        """Fits `RequestObserver`."""
        self._requests.labels(verb, resource, status).inc()
        self._request_seconds.labels(verb).observe(seconds)

    def observe_look(self, source: SourceKind, look: Look | None, seconds: float) -> None:
        """Fits `LookObserver`."""
        result = "error" if look is None else "down" if look.down else "answered"
        self._looks.labels(source.value, result).inc()
        self._look_seconds.labels(source.value).observe(seconds)

    def page(self) -> bytes:
        """All metrics in the text format."""
        return generate_latest(self.registry)
