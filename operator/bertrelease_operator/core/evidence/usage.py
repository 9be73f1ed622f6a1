"""CPU and memory of the pods as percent of their limits: a mean per window, of the busiest pod."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from bertrelease_operator.core.evidence.readings import PodReading

# A mean over less than this says little about CPU, which is exported in steps. Shorter than the shortest window.
SHORTEST_SPAN_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over `seconds`, in percent."""

    percent: float
    seconds: float


@dataclass(frozen=True, slots=True)
class _PodUsage:
    started_at: float | None
    since: float
    cpu_seconds_at_start: float
    cpu_seconds: float
    memory_sum: float = 0.0
    readings: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Usage:
    """Gathers the current window, and keeps the last full one."""

    pods: Mapping[str, _PodUsage] = field(default_factory=dict)
    cpu: Mean | None = None
    memory: Mean | None = None
    full_cpu: Mean | None = None
    full_memory: Mean | None = None
    without_cpu_limit: bool = False
    without_memory_limit: bool = False

    def advanced(self, at: float, readings: Iterable[PodReading]) -> Self:
        pods = dict(self.pods)
        cpu, memory = [], []
        known = list(readings)
        for reading in known:
            pods[reading.pod] = pod = _advanced_pod(pods.get(reading.pod), at, reading)
            span = pod.at - pod.since
            if span < SHORTEST_SPAN_SECONDS:
                continue
            if reading.cpu_limit_cores:
                cores = (pod.cpu_seconds - pod.cpu_seconds_at_start) / span
                cpu.append(Mean(100 * cores / reading.cpu_limit_cores, span))
            if reading.memory_limit_bytes and pod.readings:
                memory.append(Mean(100 * pod.memory_sum / pod.readings / reading.memory_limit_bytes, span))
        return replace(
            self,
            pods=pods,
            cpu=_busiest(cpu) or self.cpu,
            memory=_busiest(memory) or self.memory,
            without_cpu_limit=any(not reading.cpu_limit_cores for reading in known),
            without_memory_limit=any(not reading.memory_limit_bytes for reading in known),
        )

    def in_new_window(self) -> Self:
        return replace(self, pods={}, cpu=None, memory=None, full_cpu=self.cpu, full_memory=self.memory)


def _advanced_pod(pod: _PodUsage | None, at: float, reading: PodReading) -> _PodUsage:
    cpu_seconds = reading.cpu_seconds or 0.0
    if pod is not None and cpu_seconds < pod.cpu_seconds and reading.started_at == pod.started_at is not None:
        return pod  # an older reading, as replicas of Prometheus give
    if pod is None or cpu_seconds < pod.cpu_seconds:  # new, or restarted
        pod = _PodUsage(reading.started_at, since=at, cpu_seconds_at_start=cpu_seconds, cpu_seconds=cpu_seconds)
    has_memory = reading.memory_bytes is not None
    return replace(
        pod,
        at=at,
        cpu_seconds=cpu_seconds,
        memory_sum=pod.memory_sum + (reading.memory_bytes or 0.0),
        readings=pod.readings + has_memory,
    )


def _busiest(means: list[Mean]) -> Mean | None:
    return max(means, key=lambda mean: mean.percent, default=None)
