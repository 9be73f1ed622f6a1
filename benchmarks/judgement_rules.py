"""Two judges of the same simulated canaries: the shipped one, and the interval-threshold rule of other controllers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.judgement_model import EDGES_MS, WATCH, Run, Second, looks
from bertrelease_operator.api.health import Health
from bertrelease_operator.core.evidence.gather import EvidenceState, advance

HEALTH: Final = Health()


def ours(run: Run) -> int | None:
    """Requests to the candidate until the shipped tests fire, at the shipped levels; None if they do not.

    Folds looks with the operator's own code and asks the four request tests, as `judge` does.
    """
    requests = 0
    for step in run.steps:
        state = EvidenceState()
        for look in looks(step):
            state = advance(state, WATCH, look, HEALTH)
            tests = (state.errors, state.slow, state.errors_compared, state.slow_compared)
            if any(test.peaks.crossed for test in tests):
                return requests + state.subject.requests
        requests += state.subject.requests
    return None


@dataclass(frozen=True, slots=True)
class Interval:
    """What a controller that asks once per interval sees."""

    requests: int  # to the candidate
    error_rate: float
    p95_ms: float
    stable_p95_ms: float


def intervals(run: Run, interval_seconds: int) -> list[Interval]:
    """The run in intervals; none reaches over the end of a step."""
    found = []
    for step in run.steps:
        for start in range(0, len(step), interval_seconds):
            part = step[start : start + interval_seconds]
            candidate, stable = _sum([pair[0] for pair in part]), _sum([pair[1] for pair in part])
            error_rate = candidate.errors / candidate.requests if candidate.requests else 0.0
            found.append(Interval(candidate.requests, error_rate, _p95(candidate), _p95(stable)))
    return found


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """At the end of each interval, compare the interval's plain figures with the limits; give up after some failures.

    `max_error_rate` and `max_p95_ms` are limits; `max_p95_ratio` compares with the stable version's P95 of the same
    interval. A failed check counts for the rest of the release, as in Flagger; intervals with fewer requests than
    `minimum_sample` are skipped.
    """

    interval_seconds: int
    failures: int
    minimum_sample: int = 50
    max_error_rate: float | None = 0.005
    max_p95_ms: float | None = 100.0
    max_p95_ratio: float | None = None

    def requests_until_rollback(self, seen: Iterable[Interval]) -> int | None:
        """Requests to the candidate until the rule rolls back; None if it does not."""
        requests = failed = 0
        for interval in seen:
            requests += interval.requests
            failed += interval.requests >= self.minimum_sample and self._fails(interval)
            if failed >= self.failures:
                return requests
        return None

    def _fails(self, interval: Interval) -> bool:
        return (
            (self.max_error_rate is not None and interval.error_rate > self.max_error_rate)
            or (self.max_p95_ms is not None and interval.p95_ms > self.max_p95_ms)
            or (self.max_p95_ratio is not None and interval.p95_ms > self.max_p95_ratio * interval.stable_p95_ms)
        )


def _sum(seconds: list[Second]) -> Second:
    return Second(
        sum(second.requests for second in seconds),
        sum(second.errors for second in seconds),
        np.sum([second.buckets for second in seconds], axis=0),
    )


def _p95(second: Second) -> float:
    """As Prometheus' histogram_quantile: linear within a bucket, the last edge above all of them."""
    cumulative = np.cumsum(second.buckets)
    rank = 0.95 * cumulative[-1]
    index = int(np.searchsorted(cumulative, rank))
    if index >= len(EDGES_MS):
        return float(EDGES_MS[-1])
    lower_edge = EDGES_MS[index - 1] if index else 0.0
    lower_count = cumulative[index - 1] if index else 0
    share = (rank - lower_count) / (cumulative[index] - lower_count)
    return float(lower_edge + (EDGES_MS[index] - lower_edge) * share)
