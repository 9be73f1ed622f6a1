"""What came back, when, and how long it took: every sample is kept, so percentiles are exact."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple

from bert_server.bench.connection import LOST_STATUS

REFUSED = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class Sample(NamedTuple):
    """`done_at` in seconds since the load began; `seconds` since the moment when the request was due."""

    status: int
    done_at: float
    seconds: float


@dataclass
class Recording:
    """`counted_seconds` is the time in which the samples were collected."""

    counted_seconds: float
    samples: list[Sample] = field(default_factory=list)

    def latencies_ms(self, counts: Callable[[int], bool] = lambda status: status == HTTPStatus.OK) -> list[float]:
        """Of the answers whose status counts, the shortest first."""
        return sorted(1000 * sample.seconds for sample in self.samples if counts(sample.status))

    def count(self, counts: Callable[[int], bool]) -> int:
        return sum(counts(sample.status) for sample in self.samples)

    def between(self, begin: float, end: float) -> "Recording":
        """Only what was answered in this part of the time."""
        return Recording(end - begin, [sample for sample in self.samples if begin <= sample.done_at < end])

    def answers_per_second(self, within_seconds: float = float("inf")) -> float:
        """Successful ones that did not take longer."""
        good = (s.status == HTTPStatus.OK and s.seconds <= within_seconds for s in self.samples)
        return sum(good) / self.counted_seconds


def is_refusal(status: int) -> bool:
    return status in REFUSED


def is_lost(status: int) -> bool:
    return status == LOST_STATUS


def is_failure(status: int) -> bool:
    """Neither an answer nor a refusal; lost ones are counted apart."""
    return status != HTTPStatus.OK and not is_refusal(status) and not is_lost(status)


def percentile(ordered: Sequence[float], share: float) -> float:
    """Nearest rank; the values are in ascending order, at least one."""
    rank = -(-round(share * 1e6) * len(ordered) // 1_000_000)
    return ordered[max(0, rank - 1)]
