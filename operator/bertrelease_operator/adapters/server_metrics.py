"""From the server's metrics to a reading. The names are the server's contract, whoever transports them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bertrelease_operator.adapters.metrics_text import Sample
from bertrelease_operator.adapters.source import PodTarget
from bertrelease_operator.core.evidence.readings import PodReading, RequestCounters

REQUESTS: Final = "bert_requests_total"
LATENCY_BUCKET: Final = "bert_request_duration_seconds_bucket"
LATENCY_COUNT: Final = "bert_request_duration_seconds_count"
MODEL_LOADED: Final = "bert_model_loaded"
MODEL_LOAD_FAILURES: Final = "bert_model_load_failures_total"
CPU_SECONDS: Final = "process_cpu_seconds_total"
MEMORY_BYTES: Final = "process_resident_memory_bytes"
START_TIME: Final = "process_start_time_seconds"

POD_STATE_METRICS: Final = frozenset({MODEL_LOADED, MODEL_LOAD_FAILURES, CPU_SECONDS, MEMORY_BYTES, START_TIME})
SERVER_METRICS: Final = POD_STATE_METRICS | {REQUESTS, LATENCY_BUCKET, LATENCY_COUNT}

_MS_PER_SECOND: Final = 1000
# Edges such as 0.0015 s must come out as 1.5 ms, whatever binary fractions make of them.
_EDGE_DECIMALS: Final = 6


@dataclass(slots=True)
class CounterSums:
    """Adds up the request series of one pod over endpoints and statuses."""

    requests: int = 0
    errors: int = 0
    latency_total: int = 0
    buckets: dict[float, int] = field(default_factory=dict)  # by upper edge in milliseconds

    def count_requests(self, status: str, value: float) -> None:
        self.requests += int(value)
        if status.startswith("5"):
            self.errors += int(value)

    def count_bucket(self, upper_edge: str, value: float, *, ms_per_unit: float) -> None:
        if upper_edge != "+Inf":
            edge = round(float(upper_edge) * ms_per_unit, _EDGE_DECIMALS)
            self.buckets[edge] = self.buckets.get(edge, 0) + int(value)

    def counters(self) -> RequestCounters:
        edges = tuple(sorted(self.buckets))
        return RequestCounters(
            requests=self.requests,
            errors=self.errors,
            latency_edges_ms=edges,
            latency_counts=tuple(self.buckets[edge] for edge in edges),
            latency_total=self.latency_total,
        )


def server_reading(target: PodTarget, samples: Iterable[Sample]) -> PodReading:
    """What one pod's server exports.

    A server that has not had a request yet has no series for them: it has counted 0, which matters for the first
    ones that come.
    """
    sums = CounterSums()
    state: dict[str, float] = {}
    fingerprint = None
    for sample in samples:
        match sample.name:
            case "bert_requests_total":
                sums.count_requests(sample.labels.get("status", ""), sample.value)
            case "bert_request_duration_seconds_bucket":
                sums.count_bucket(sample.labels.get("le", ""), sample.value, ms_per_unit=_MS_PER_SECOND)
            case "bert_request_duration_seconds_count":
                sums.latency_total += int(sample.value)
            case name:
                state[name] = max(state.get(name, 0.0), sample.value)
                if name == MODEL_LOADED and sample.value:
                    fingerprint = sample.labels.get("fingerprint")
    return PodReading(
        pod=target.uid,
        version=target.version,
        counters=sums.counters(),
        started_at=state.get(START_TIME),
        model_loaded=bool(state.get(MODEL_LOADED, 0)),
        model_load_failures=int(state.get(MODEL_LOAD_FAILURES, 0)),
        cpu_seconds=state.get(CPU_SECONDS),
        memory_bytes=state.get(MEMORY_BYTES),
        cpu_limit_cores=target.cpu_limit_cores,
        memory_limit_bytes=target.memory_limit_bytes,
        fingerprint=fingerprint,
    )
