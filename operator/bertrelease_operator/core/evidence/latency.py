"""Latency as a rate: which share of requests took longer than an edge of the servers' fixed histogram."""

from typing import Final

from bertrelease_operator.core.evidence.rates import Count
from bertrelease_operator.core.evidence.tally import Tally
from bertrelease_operator.core.statistics.histogram import quantile

P95_SLOW_SHARE: Final = 0.05

# Versions are not compared by what happens within this share of the limit: a service that answers in 3 ms and may take
# 100 is not worse at 5, and a pod that has just started is slower by as much.
_RELEVANT_SHARE_OF_LIMIT: Final = 0.2


def judged_edge_ms(edges_ms: tuple[float, ...], limit_ms: float) -> float | None:
    """The largest edge that is not above the limit: what can be counted exactly. None if all are above."""
    return max((edge for edge in edges_ms if edge <= limit_ms), default=None)


def reference_edge_ms(
    tally: Tally, candidate_edges_ms: tuple[float, ...], minimum_sample: int, limit_ms: float
) -> float | None:
    """The first relevant edge at or above the P95 of `tally`, by which another version is compared with it.

    One that the other version has, too, as far as its edges are known yet. None when `tally` has too few requests or
    its P95 is off the scale.
    """
    if tally.latency_total < minimum_sample:
        return None
    fast_enough = (1 - P95_SLOW_SHARE) * tally.latency_total
    pairs = zip(tally.latency_edges_ms, tally.latency_counts, strict=True)
    relevant_ms = _RELEVANT_SHARE_OF_LIMIT * limit_ms
    comparable = [(edge, count) for edge, count in pairs if not candidate_edges_ms or edge in candidate_edges_ms]
    return next((edge for edge, count in comparable if count >= fast_enough and edge >= relevant_ms), None)


def slower_than(tally: Tally, edge_ms: float | None) -> Count:
    """Requests above `edge_ms` of all; with no edge to count at, every request counts as slow."""
    if edge_ms is None:
        return Count(tally.latency_total, tally.latency_total)
    if edge_ms not in tally.latency_edges_ms:
        return Count()
    within = tally.latency_counts[tally.latency_edges_ms.index(edge_ms)]
    return Count(tally.latency_total, tally.latency_total - within)


def p95_ms(tally: Tally) -> float | None:
    """Estimate for people, by linear interpolation within a bucket."""
    return quantile(tally.latency_edges_ms, tally.latency_counts, tally.latency_total, 1 - P95_SLOW_SHARE)
