"""A world whose evidence is gathered from requests that are drawn, look by look, and judged by the real judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from bertrelease_operator.core.evidence.gather import EvidenceState, advance
from bertrelease_operator.core.evidence.judge import judge
from bertrelease_operator.core.evidence.readings import Look, PodReading, RequestCounters
from bertrelease_operator.core.observation import Observation, Watch
from tests.support.world import World

EDGES_MS: Final = (5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 150.0, 250.0, 500.0)


@dataclass
class Behaviour:
    """How a version answers, and how its pods are."""

    error_share: float = 0.0
    slow_share: float = 0.01  # of its requests that take 150 to 250 ms
    memory_share: float = 0.5
    restarts: int = 0
    load_failures: int = 0
    silent: bool = False  # its figures cannot be had
    edges_ms: tuple[float, ...] = EDGES_MS


@dataclass
class MeasuredWorld(World):
    """Versions without a `Behaviour` are good."""

    random: Random = field(default_factory=lambda: Random(1))
    requests_per_second: float = 50.0
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    counters: dict[str, RequestCounters] = field(default_factory=dict)
    states: dict[Watch, EvidenceState] = field(default_factory=dict)

    def observation(self) -> Observation:
        self.states = {watch: self.states.get(watch, EvidenceState()) for watch in self.watches}
        evidence = {
            watch: judge(state, watch, watch.health or self.spec.health, self.now)
            for watch, state in self.states.items()
        }
        return replace(super().observation(), evidence=evidence)

    def lose_memory(self) -> None:
        """The operator's process was restarted."""
        self.watches, self.states = (), {}

    def run(self, seconds: float, step: float = 1.0) -> None:
        end = self.now + seconds
        while self.now < end:
            self.serve(step)
            self.look()
            self.reconcile()
            self.start_pods()
            self.now += step

    def serve(self, seconds: float) -> None:
        """Requests come, as many to each version as the route sends there."""
        for version, weight in self.weights.items():
            behaviour = self.behaviours.get(version, Behaviour())
            expected = self.requests_per_second * seconds * weight / 100
            count = int(expected) + (self.random.random() < expected % 1)
            errors = sum(self.random.random() < behaviour.error_share for _ in range(count))
            slow = sum(self.random.random() < behaviour.slow_share for _ in range(count))
            self.counters[version] = _more(self.counters.get(version), behaviour.edges_ms, count, errors, slow)

    def look(self) -> None:
        """What a source tells, for each watch."""
        for watch in self.watches:
            state = self.states.get(watch, EvidenceState())
            versions = [version for version in (watch.subject, watch.baseline) if version is not None]
            readings = tuple(self._reading(version) for version in versions if not self._of(version).silent)
            down = frozenset(version for version in versions if self._of(version).silent)
            restarts: Mapping[str, int] = {version: self._of(version).restarts for version in versions}
            look = Look(self.now, readings, restarts=restarts, down=down)
            self.states[watch] = advance(state, watch, look, watch.health or self.spec.health)

    def _of(self, version: str) -> Behaviour:
        return self.behaviours.get(version, Behaviour())

    def _reading(self, version: str) -> PodReading:
        behaviour = self._of(version)
        return PodReading(
            pod=version,
            version=version,
            counters=self.counters.get(version, _more(None, behaviour.edges_ms, 0, 0, 0)),
            started_at=1.0,
            model_loaded=True,
            model_load_failures=behaviour.load_failures,
            cpu_seconds=self.now / 10,
            memory_bytes=behaviour.memory_share * 1e9,
            cpu_limit_cores=1.0,
            memory_limit_bytes=1e9,
        )


def _more(
    before: RequestCounters | None, edges_ms: tuple[float, ...], count: int, errors: int, slow: int
) -> RequestCounters:
    known = before or RequestCounters(0, 0, edges_ms, (0,) * len(edges_ms), 0)
    fast = count - slow
    counts = tuple(
        old + (fast if edge >= 25.0 else 0) + (slow if edge >= 250.0 else 0)
        for edge, old in zip(edges_ms, known.latency_counts, strict=True)
    )
    return RequestCounters(known.requests + count, known.errors + errors, edges_ms, counts, known.latency_total + count)
