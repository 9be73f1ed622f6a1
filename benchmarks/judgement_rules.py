"""Two judges of the same simulated canaries: the shipped tests, and other controllers' interval-threshold rule."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.judgement_model import EDGES_MS, STEP_ENDS, WATCH, Canaries, Counts, Traffic, looks
from bertrelease_operator.api.health import Health
from bertrelease_operator.core.evidence.gather import EvidenceState, advance

Requests = NDArray[np.float64]  # shape (releases,): requests to the candidate until the rollback; inf without one

HEALTH: Final = Health()


def judged_by_us(canaries: Canaries) -> Requests:
    return np.array([_until_the_tests_fire(canaries, release) for release in range(len(canaries.stable_past))])


def _until_the_tests_fire(canaries: Canaries, release: int) -> float:
    """Folds looks with the operator's own code, anew in each step, and asks the four request tests as `judge` does."""
    state = EvidenceState()
    for second, look in enumerate(looks(canaries, release)):
        state = advance(state, WATCH, look, HEALTH)
        tests = (state.errors, state.slow, state.errors_compared, state.slow_compared)
        if any(test.peaks.crossed for test in tests):
            return float(canaries.candidate.requests[release, :second].sum())
        if second in STEP_ENDS:
            state = advance(EvidenceState(), WATCH, look, HEALTH)
    return np.inf


@dataclass(frozen=True, slots=True)
class Intervals:
    """The candidate's plain figures in each interval; all of shape (releases, intervals)."""

    requests: Counts
    error_rate: NDArray[np.float64]
    p95_ratio: NDArray[np.float64]  # of the candidate's P95 to the stable version's


def in_intervals(canaries: Canaries, seconds: int) -> Intervals:
    """Sums over intervals of `seconds`, which must divide the steps."""
    candidate, stable = _summed(canaries.candidate, seconds), _summed(canaries.stable, seconds)
    return Intervals(
        candidate.requests,
        candidate.errors / np.maximum(candidate.requests, 1),
        _p95_ms(candidate.buckets) / _p95_ms(stable.buckets),
    )


def _summed(traffic: Traffic, seconds: int) -> Traffic:
    def summed(counts: Counts) -> Counts:
        total: Counts = counts.reshape(len(counts), -1, seconds, *counts.shape[2:]).sum(axis=2)
        return total

    return Traffic(summed(traffic.requests), summed(traffic.errors), summed(traffic.buckets))


def _p95_ms(buckets: Counts) -> NDArray[np.float64]:
    """As Prometheus' histogram_quantile: linear within a bucket; above all edges, the last one."""
    edges = np.array([0.0, *EDGES_MS, EDGES_MS[-1]])
    cumulative = np.cumsum(buckets, axis=-1)
    rank = 0.95 * cumulative[..., -1:]
    index = np.argmax(cumulative >= rank, axis=-1, keepdims=True)
    inside = np.maximum(np.take_along_axis(buckets, index, axis=-1), 1)
    share = 1 - (np.take_along_axis(cumulative, index, axis=-1) - rank) / inside
    p95: NDArray[np.float64] = edges[index] + (edges[index + 1] - edges[index]) * share
    return p95[..., 0]


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """At the end of each interval compare the interval's plain figure with a limit; roll back after some failures.

    Failures are counted over the whole release, as other controllers do, or, if `consecutive`, without a good
    interval between them. An interval with fewer requests than `minimum_sample` counts as neither.
    """

    interval_seconds: int
    failures: int
    consecutive: bool
    minimum_sample: int
    max_error_rate: float = np.inf
    max_p95_ratio: float = np.inf

    def judge(self, found: Intervals) -> Requests:
        judged = found.requests >= self.minimum_sample
        failed = judged & ((found.error_rate > self.max_error_rate) | (found.p95_ratio > self.max_p95_ratio))
        counted = np.cumsum(failed, axis=1)
        if self.consecutive:
            counted = counted - np.maximum.accumulate(np.where(judged & ~failed, counted, 0), axis=1)
        enough = counted >= self.failures
        requests = np.cumsum(found.requests, axis=1)
        first = np.argmax(enough, axis=1)
        until: Requests = np.where(enough.any(axis=1), requests[np.arange(len(requests)), first], np.inf)
        return until
