"""Request counts of one version since an epoch began, put together from its pods' cumulative counters."""

from dataclasses import dataclass, replace
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
        """Sum, in the buckets that both have; an empty tally fits all."""
        edges_ms = shared_edges_ms(self.latency_edges_ms, other.latency_edges_ms)
        one, two = self.at_edges(edges_ms), other.at_edges(edges_ms)
        requests, errors = self.requests + other.requests, self.errors + other.errors
        if not one.latency_edges_ms or not two.latency_edges_ms:
            full = one if one.latency_edges_ms else two
            return replace(full, requests=requests, errors=errors)
        counts = tuple(a + b for a, b in zip(one.latency_counts, two.latency_counts, strict=True))
        return Tally(requests, errors, edges_ms, counts, one.latency_total + two.latency_total)

    def at_edges(self, edges_ms: tuple[float, ...]) -> "Tally":
        """With these buckets alone, in which the counts stay exact; without latencies if it lacks one of them."""
        if not self.latency_edges_ms or self.latency_edges_ms == edges_ms:
            return self
        counts = dict(zip(self.latency_edges_ms, self.latency_counts, strict=True))
        if not counts.keys() >= set(edges_ms):
            return Tally(self.requests, self.errors)
        return replace(self, latency_edges_ms=edges_ms, latency_counts=tuple(counts[edge] for edge in edges_ms))


def shared_edges_ms(known: tuple[float, ...], later: tuple[float, ...]) -> tuple[float, ...]:
    """Where requests of both histograms can be counted; those of the later one if they have no edge in common."""
    if not known or not later or known == later:
        return known or later
    return tuple(edge for edge in known if edge in later) or later


EMPTY = Tally()


def increase(before: RequestCounters, after: RequestCounters) -> Tally:
    """What came since `before`; `after` has not gone back."""
    earlier = before.latency_counts or (0,) * len(after.latency_counts)
    return Tally(
        after.requests - before.requests,
        after.errors - before.errors,
        after.latency_edges_ms,
        tuple(b - a for a, b in zip(earlier, after.latency_counts, strict=True)),
        after.latency_total - before.latency_total,
    )


def has_gone_back(before: RequestCounters, after: RequestCounters) -> bool:
    """Whether a process with `before` can only have had `after` earlier."""
    edges_changed = bool(before.latency_edges_ms) and before.latency_edges_ms != after.latency_edges_ms
    return (
        edges_changed
        or after.requests < before.requests
        or after.errors < before.errors
        or after.latency_total < before.latency_total
    )
