"""The simulated world of `benchmarks/judgement.py`: requests of a canary, second by second."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from bertrelease_operator.core.evidence.readings import Look, PodReading, RequestCounters
from bertrelease_operator.core.observation import Watch

# The server's histogram (bert_request_duration_seconds), in milliseconds.
EDGES_MS: Final = (
    *(1, 1.5, 2, 3, 4, 5, 7, 10, 14, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100),
    *(120, 150, 200, 250, 300, 400, 500, 700, 1000, 2000, 5000),
)
STEPS: Final = ((10, 60), (25, 60), (50, 60))  # the default canary: percent, seconds
REQUESTS_PER_SECOND: Final = 200
STABLE_P95_MS: Final = 40.0
STABLE_ERROR_RATE: Final = 0.001
_SIGMA: Final = 0.6  # of the lognormal latency: P99 is 1.5 times the P95
_Z95: Final = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a version answers."""

    error_rate: float = STABLE_ERROR_RATE
    p95_ms: float = STABLE_P95_MS


@dataclass(frozen=True, slots=True)
class Second:
    """What one version did in one second: requests, errors, and requests by latency bucket."""

    requests: int
    errors: int
    buckets: np.ndarray  # shape (len(EDGES_MS) + 1,), the last one above all edges


@dataclass(frozen=True, slots=True)
class Run:
    """One simulated canary: for each step, for each second, the candidate and the stable version."""

    steps: tuple[tuple[tuple[Second, Second], ...], ...]


def _bucket_probabilities(p95_ms: float) -> np.ndarray:
    from math import erf, log, sqrt

    mu = log(p95_ms) - _Z95 * _SIGMA
    below = [0.5 * (1 + erf((log(edge) - mu) / (_SIGMA * sqrt(2)))) for edge in EDGES_MS]
    return np.diff([0.0, *below, 1.0])


def simulate(candidate: Behaviour, stable: Behaviour, seed: int) -> Run:
    """A canary over all steps; requests split at random by the step's weight, as a proxy does."""
    rng = np.random.default_rng(seed)
    probabilities = _bucket_probabilities(candidate.p95_ms), _bucket_probabilities(stable.p95_ms)
    steps = []
    for weight, hold_seconds in STEPS:
        shares = rng.binomial(REQUESTS_PER_SECOND, weight / 100, hold_seconds)
        seconds = []
        for share in shares:
            pair = []
            for count, behaviour, buckets in zip(
                (int(share), REQUESTS_PER_SECOND - int(share)), (candidate, stable), probabilities, strict=True
            ):
                errors = int(rng.binomial(count, behaviour.error_rate))
                pair.append(Second(count, errors, rng.multinomial(count, buckets)))
            seconds.append((pair[0], pair[1]))
        steps.append(tuple(seconds))
    return Run(tuple(steps))


WATCH: Final = Watch("candidate", "stable", "step")


def looks(step: tuple[tuple[Second, Second], ...]) -> Iterator[Look]:
    """The looks that the operator would get in one step: cumulative counters, one look a second.

    The stable pods have a history, by which the reference edge of the latency comparison is chosen.
    """
    history = Second(10_000, 10, np.round(10_000 * _bucket_probabilities(STABLE_P95_MS)).astype(int))
    totals = [_Totals(), _Totals()]
    totals[1].add(history)
    yield _look(0, totals)
    for at, pair in enumerate(step, start=1):
        for total, second in zip(totals, pair, strict=True):
            total.add(second)
        yield _look(at, totals)


class _Totals:
    def __init__(self) -> None:
        self.requests = self.errors = 0
        self.buckets = np.zeros(len(EDGES_MS) + 1, dtype=int)

    def add(self, second: Second) -> None:
        self.requests += second.requests
        self.errors += second.errors
        self.buckets = self.buckets + second.buckets

    def counters(self) -> RequestCounters:
        cumulative = tuple(int(count) for count in np.cumsum(self.buckets))
        return RequestCounters(self.requests, self.errors, EDGES_MS, cumulative[:-1], cumulative[-1])


def _look(at: int, totals: list[_Totals]) -> Look:
    readings = tuple(
        PodReading(version, version, total.counters())
        for version, total in zip(("candidate", "stable"), totals, strict=True)
    )
    return Look(float(at), readings)
