"""Request counts of one version since an epoch began, put together from its pods' cumulative counters."""

from dataclasses import dataclass
from typing import Self

from bertrelease_operator.core.evidence.readings import RequestCounters


@dataclass(frozen=True, slots=True)
class Tally:
    """Requests, failed requests, and a cumulative latency histogram (edges in milliseconds)."""

    requests: int = 0
    errors: int = 0
    latency_edges_ms: tuple[float, ...] = ()
    latency_counts: tuple[int, ...] = ()
    latency_total: int = 0

    @classmethod
    def of(cls, counters: RequestCounters) -> Self:
        return cls(
            counters.requests,
            counters.errors,
            counters.latency_edges_ms,
            counters.latency_counts,
            counters.latency_total,
        )

    def plus(self, other: "Tally") -> "Tally":
        """Sum; pods of one version share their edges, and an empty tally fits all."""
        if not self.latency_edges_ms or not other.latency_edges_ms:
            full = self if self.latency_edges_ms else other
            return Tally(
                self.requests + other.requests,
                self.errors + other.errors,
                full.latency_edges_ms,
                full.latency_counts,
                full.latency_total,
            )
        counts = tuple(a + b for a, b in zip(self.latency_counts, other.latency_counts, strict=True))
        return Tally(
            self.requests + other.requests,
            self.errors + other.errors,
            self.latency_edges_ms,
            counts,
            self.latency_total + other.latency_total,
        )


EMPTY = Tally()


def increase(before: RequestCounters, after: RequestCounters) -> Tally:
    """What came since `before`. Counters that went back began anew, so then all of `after` came since.

    A reading that is older than the last one (late, duplicate) of a process that did not restart looks like a
    reset too; sources hand readings over in order, so that this does not happen.
    """
    if _went_back(before, after):
        return Tally.of(after)
    earlier = before.latency_counts or (0,) * len(after.latency_counts)
    return Tally(
        after.requests - before.requests,
        after.errors - before.errors,
        after.latency_edges_ms,
        tuple(b - a for a, b in zip(earlier, after.latency_counts, strict=True)),
        after.latency_total - before.latency_total,
    )


def _went_back(before: RequestCounters, after: RequestCounters) -> bool:
    edges_changed = bool(before.latency_edges_ms) and before.latency_edges_ms != after.latency_edges_ms
    return (
        edges_changed
        or after.requests < before.requests
        or after.errors < before.errors
        or after.latency_total < before.latency_total
    )
