"""Prometheus metrics. The operator reads these names; they change only with a new major version."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import Gauge

from bert_server.calls import Call, Stage
from bert_server.telemetry.buckets import (
    PROBABILITIES,
    STAGE_BUCKETS_SECONDS,
)
from bert_server.telemetry.collectors import GpuCollector, ProcessCollector
from bert_server.telemetry.inference_metrics import InferenceMetrics
from bert_server.telemetry.series import SeriesRegistry

# Close where limits are usually set (a P95 of 100 ms): a limit between two edges is judged at the lower one.
DURATION_BUCKETS_SECONDS = (
    0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.007, 0.01, 0.014, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08,
    0.09, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0, 2.0, 5.0,
)  # fmt: skip


class Metrics(InferenceMetrics):
    """All metrics of one process, in a registry of their own; each carries the version.

    Label values come from the program and its bundles, never from a request. The scheduler and the cache report to it
    as their `InferenceObserver`.
    """

    def __init__(self, version: str) -> None:
        series = SeriesRegistry(version)
        self.registry = series.registry
        super().__init__(series)
        self._requests = series.counter(
            "bert_requests_total", "Answered requests to model endpoints by HTTP status.", "endpoint", "status"
        )
        self._gate_requests = series.counter(
            "bert_gate_requests_total",
            "Answered requests that tested this version (x-bert-gate), which no other request metric counts.",
            "endpoint",
            "status",
        )
        self._durations = series.histogram(
            "bert_request_duration_seconds",
            "From the request's headers to the last byte of the response, model endpoints only.",
            DURATION_BUCKETS_SECONDS,
            "endpoint",
        )
        self.in_flight: Gauge = series.gauge(
            "bert_requests_in_flight", "Requests to model endpoints now being answered."
        ).of()
        stages = series.histogram(
            "bert_stage_duration_seconds",
            "Time of a request in each stage; of jobs side by side, that of the longest.",
            STAGE_BUCKETS_SECONDS,
            "stage",
        )
        self._stages = {stage: stages.of(stage) for stage in Stage}
        self._confidence = series.histogram(
            "bert_prediction_confidence", "Probability of the best candidate, for each mask.", PROBABILITIES
        ).of()
        self._model_loaded = series.gauge(
            "bert_model_loaded", "1 when the model is loaded and has passed its self-test.", "fingerprint"
        )
        self._model_loaded.of("").set(0)
        self._load_duration = series.gauge(
            "bert_model_load_duration_seconds", "From the start of loading to the end of the self-test."
        ).of()
        self._load_failures = series.counter("bert_model_load_failures_total", "Loads that failed for good.").of()
        self._engine_info = series.gauge(
            "bert_engine_info",
            "1 for each loaded model; the labels say what computes it.",
            "model",
            "engine",
            "precision",
            "device",
        )
        self.registry.register(ProcessCollector(version))
        self.registry.register(GpuCollector(version))

    def request_done(self, endpoint: str, status: int, duration_seconds: float, call: Call | None = None) -> None:
        """`call` tells where the time went; a recorded trace becomes the exemplar of the duration."""
        if call is not None and call.by_gate:
            self._gate_requests.of(endpoint, str(status)).inc()
            return
        exemplar = {"trace_id": call.trace_id} if call is not None and call.sampled else None
        self._requests.of(endpoint, str(status)).inc()
        self._durations.of(endpoint).observe(duration_seconds, exemplar)
        if call is not None:
            for stage, seconds in call.stage_seconds.items():
                if seconds:  # what was cached neither waited nor was computed
                    self._stages[stage].observe(seconds, exemplar)
            for probability in call.confidences:
                self._confidence.observe(probability)

    def announce_endpoint(self, endpoint: str) -> None:
        """Make the endpoint's series exist from the start, so that its first requests show as a rise from 0."""
        self._requests.of(endpoint, "200")
        self._durations.of(endpoint)

    def model_loaded(self, fingerprint: str, duration_seconds: float) -> None:
        self._model_loaded.clear()
        self._model_loaded.of(fingerprint).set(1)
        self._load_duration.set(duration_seconds)

    def model_failed(self, duration_seconds: float) -> None:
        self._load_duration.set(duration_seconds)
        self._load_failures.inc()

    def engine_chosen(self, model: str, engine: Mapping[str, Any]) -> None:
        """`engine` is what the engine says of itself; `model` the bundle's name."""
        known = (str(engine.get(name, "")) for name in ("name", "precision", "device"))
        self._engine_info.of(model, *known).set(1)
