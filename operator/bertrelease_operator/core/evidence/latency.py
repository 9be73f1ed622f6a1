"""Latency as a rate: which share of requests took longer than an edge of the servers' fixed histogram."""

from typing import Final

from bertrelease_operator.core.evidence.rates import Count
from bertrelease_operator.core.evidence.tally import Tally
from bertrelease_operator.core.statistics.histogram import quantile

P95_SLOW_SHARE: Final = 0.05


def judged_edge_ms(edges_ms: tuple[float, ...], limit_ms: float) -> float | None:
    """The largest edge that is not above the limit: what can be counted exactly. None if all are above."""
    return max((edge for edge in edges_ms if edge <= limit_ms), default=None)


def reference_edge_ms(tally: Tally, minimum_sample: int) -> float | None:
    """The first edge at or above the P95 of `tally`; None when it has too few requests or its P95 is off the scale."""
    if tally.latency_total < minimum_sample:
        return None
    fast_enough = (1 - P95_SLOW_SHARE) * tally.latency_total
    pairs = zip(tally.latency_edges_ms, tally.latency_counts, strict=True)
    return next((edge for edge, count in pairs if count >= fast_enough), None)


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
