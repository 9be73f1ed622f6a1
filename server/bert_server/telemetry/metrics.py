"""Prometheus metrics. The operator reads these names; they change only with a new major version."""

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bert_server.telemetry import process

# Close where limits are usually set (a P95 of 100 ms): a limit between two edges is judged at the lower one.
DURATION_BUCKETS_SECONDS = (
    0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.007, 0.01, 0.014, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08,
    0.09, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0, 2.0, 5.0,
)  # fmt: skip


class Metrics:
    """All metrics of one process, in a registry of their own; each carries the version."""

    def __init__(self, version: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._version = version
        self._requests = Counter(
            "bert_requests_total",
            "Answered requests to model endpoints by HTTP status.",
            ["endpoint", "status", "version"],
            registry=self.registry,
        )
        self._durations = Histogram(
            "bert_request_duration_seconds",
            "From the request's headers to the last byte of the response, model endpoints only.",
            ["endpoint", "version"],
            buckets=DURATION_BUCKETS_SECONDS,
            registry=self.registry,
        )
        self.in_flight = self._gauge("bert_requests_in_flight", "Requests to model endpoints now being answered.")
        self._model_loaded = Gauge(
            "bert_model_loaded",
            "1 when the model is loaded and has passed its self-test.",
            ["version", "fingerprint"],
            registry=self.registry,
        )
        self._load_duration = self._gauge(
            "bert_model_load_duration_seconds", "From the start of loading to the end of the self-test."
        )
        self._load_failures = Counter(
            "bert_model_load_failures_total",
            "Loads that failed for good.",
            ["version"],
            registry=self.registry,
        ).labels(version)
        self._model_loaded.labels(version, "").set(0)
        self.registry.register(_ProcessCollector(version))

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, ["version"], registry=self.registry).labels(self._version)

    def request_done(self, endpoint: str, status: int, duration_seconds: float) -> None:
        self._requests.labels(endpoint, str(status), self._version).inc()
        self._durations.labels(endpoint, self._version).observe(duration_seconds)

    def announce_endpoint(self, endpoint: str) -> None:
        """Make the endpoint's series exist from the start, so that its first requests show as a rise from 0."""
        self._requests.labels(endpoint, "200", self._version)
        self._durations.labels(endpoint, self._version)

    def model_loaded(self, fingerprint: str, duration_seconds: float) -> None:
        self._model_loaded.clear()
        self._model_loaded.labels(self._version, fingerprint).set(1)
        self._load_duration.set(duration_seconds)

    def model_failed(self, duration_seconds: float) -> None:
        self._load_duration.set(duration_seconds)
        self._load_failures.inc()


class _ProcessCollector(Collector):
    """Like prometheus_client's own, but with the version as a label."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._start_seconds = time.time() - process.age_seconds()

    def collect(self) -> Iterator[Metric]:
        cpu = CounterMetricFamily("process_cpu_seconds", "User and system CPU time.", labels=["version"])
        cpu.add_metric([self._version], process.cpu_seconds())
        yield cpu
        yield self._gauge("process_resident_memory_bytes", "Resident memory.", process.resident_bytes())
        yield self._gauge("process_start_time_seconds", "Unix time at which the process began.", self._start_seconds)

    def _gauge(self, name: str, text: str, value: float) -> Metric:
        family = GaugeMetricFamily(name, text, labels=["version"])
        family.add_metric([self._version], value)
        return family
