"""What a source of figures hands over: one `Look` per interval, the same for pods and for Prometheus."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RequestCounters:
    """Cumulative request counts of one series (a pod, or what Prometheus knows of one), as exported."""

    requests: int
    errors: int  # answers with status 5xx
    # Cumulative histogram: `latency_counts[i]` requests took at most `latency_edges_ms[i]`; no +Inf edge,
    # because its count is `latency_total`.
    latency_edges_ms: tuple[float, ...]
    latency_counts: tuple[int, ...]
    latency_total: int


@dataclass(frozen=True, slots=True)
class PodReading:
    """One pod of one version at one look."""

    pod: str  # identity of the series: pod UID or name
    version: str
    counters: RequestCounters | None = None  # None: the pod answered without request metrics yet
    started_at: float | None = None  # epoch seconds; counters begin anew with the process. None: unknown
    model_loaded: bool | None = None
    model_load_failures: int = 0
    cpu_seconds: float | None = None  # cumulative
    memory_bytes: float | None = None
    cpu_limit_cores: float | None = None
    memory_limit_bytes: float | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one request was answered, as the server keeps it: hashes, never texts."""

    task: str
    request: str  # hash of x-request-id
    digest: str | None  # of the answer; None: the score is the answer
    score: float | None  # from 0 to 1; None: there is none


@dataclass(frozen=True, slots=True)
class PodPredictions:
    """What one pod answered since `cursor` of the look before."""

    pod: str
    version: str
    cursor: str  # empty: the server keeps none
    new: tuple[Prediction, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that one round of asking gave.

    `down`: versions whose figures could not be had although their pods are ready (or the whole source did not
    answer: then all versions asked for). That is SourceDown, never evidence against a version.
    """

    at: float  # epoch seconds
    readings: tuple[PodReading, ...] = ()
    restarts: Mapping[str, int] = field(default_factory=dict)  # container restarts by version, from pod status
    custom: Mapping[str, float | None] = field(default_factory=dict)  # value of each custom query; None: no series
    down: frozenset[str] = frozenset()
    predictions: tuple[PodPredictions, ...] = ()
    predictions_down: frozenset[str] = frozenset()  # versions of which no ready pod told its predictions
