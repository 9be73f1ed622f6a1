"""The simulated world of `benchmarks/judgement.py`: what canaries and their stable versions do, second by second."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import erf, log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bert_server.telemetry.metrics import DURATION_BUCKETS_SECONDS
from bertrelease_operator.core.evidence.readings import Look, PodReading, RequestCounters
from bertrelease_operator.core.observation import Watch

Counts = NDArray[np.int64]

EDGES_MS: Final = tuple(1000 * edge for edge in DURATION_BUCKETS_SECONDS)
STEPS: Final = ((10, 60), (25, 60), (50, 60))  # the default canary: percent, seconds
STEP_ENDS: Final = tuple(accumulate(seconds for _, seconds in STEPS))
REQUESTS_PER_SECOND: Final = 200
WATCH: Final = Watch("candidate", "stable", "step")

_STABLE_PAST_REQUESTS: Final = 10_000
_SIGMA: Final = 0.6  # of the lognormal latency: P99 is 1.5 times the P95
_Z95: Final = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a version answers. The defaults are the stable version's."""

    error_rate: float = 0.001
    p95_ms: float = 40.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one version did, by release and second."""

    requests: Counts  # shape (releases, seconds)
    errors: Counts  # shape (releases, seconds)
    buckets: Counts  # shape (releases, seconds, edges + 1): requests by latency, the last bucket above all edges


@dataclass(frozen=True, slots=True)
class Canaries:
    """Simulated canaries over all steps."""

    candidate: Traffic
    stable: Traffic
    stable_past: Counts  # shape (releases, edges + 1): latency of the stable version before the canary


def simulate(candidate: Behaviour, releases: int, seed: int) -> Canaries:
    """Canaries of `candidate`; requests are split at random by the step's weight, as a proxy does."""
    rng = np.random.default_rng(seed)
    shares = np.repeat([weight / 100 for weight, _ in STEPS], [seconds for _, seconds in STEPS])
    to_candidate = rng.binomial(REQUESTS_PER_SECOND, shares, (releases, len(shares)))
    stable = Behaviour()
    return Canaries(
        _traffic(candidate, to_candidate, rng),
        _traffic(stable, REQUESTS_PER_SECOND - to_candidate, rng),
        rng.multinomial(_STABLE_PAST_REQUESTS, _bucket_probabilities(stable.p95_ms), releases),
    )


def _traffic(behaviour: Behaviour, requests: Counts, rng: np.random.Generator) -> Traffic:
    errors = rng.binomial(requests, behaviour.error_rate)
    return Traffic(requests, errors, rng.multinomial(requests, _bucket_probabilities(behaviour.p95_ms)))


def _bucket_probabilities(p95_ms: float) -> NDArray[np.float64]:
    mu = log(p95_ms) - _Z95 * _SIGMA
    below = [0.5 * (1 + erf((log(edge) - mu) / (_SIGMA * sqrt(2)))) for edge in EDGES_MS]
    return np.diff([0.0, *below, 1.0])


def looks(canaries: Canaries, release: int) -> Iterator[Look]:
    """What the operator would read of one release: cumulative counters, before the first second and after each one."""
    versions = [
        ("candidate", _counters(canaries.candidate, release, np.zeros_like(canaries.stable_past[release]))),
        ("stable", _counters(canaries.stable, release, canaries.stable_past[release])),
    ]
    for second in range(STEP_ENDS[-1] + 1):
        yield Look(float(second), tuple(PodReading(name, name, counters[second]) for name, counters in versions))


def _counters(traffic: Traffic, release: int, past: Counts) -> list[RequestCounters]:
    """One for the beginning, and one for the end of each second."""
    errors = np.cumsum([0, *traffic.errors[release]]).tolist()
    by_edge = np.cumsum(np.cumsum([past, *traffic.buckets[release]], axis=0), axis=1).tolist()
    return [
        RequestCounters(counts[-1], failed, EDGES_MS, tuple(counts[:-1]), counts[-1])
        for failed, counts in zip(errors, by_edge, strict=True)
    ]
