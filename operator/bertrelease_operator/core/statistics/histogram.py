"""Latency histograms with fixed buckets, as cumulative counts."""

from collections.abc import Sequence


def quantile(edges: Sequence[float], counts: Sequence[int], total: int, share: float) -> float | None:
    """Estimate of the value that `share` (0..1) of `total` do not exceed, in the edges' unit.

    `counts[i]` values are at most `edges[i]`. Interpolates linearly within a bucket, like Prometheus'
    histogram_quantile. None without values; the last edge when the quantile lies above it.
    """
    if not total or not edges:
        return None
    rank = share * total
    lower_edge, lower_count = 0.0, 0
    for edge, count in zip(edges, counts, strict=True):
        if count >= rank and count > lower_count:
            return lower_edge + (edge - lower_edge) * (rank - lower_count) / (count - lower_count)
        lower_edge, lower_count = edge, count
    return edges[-1]
