"""Finds what both versions answered to the same request. Late, repeated and reused ids must not bend the counts.

A pair counts one look after it became complete, and only once. If in that time, or before, one of the versions gives
another answer under the same id, the id stands for several requests and says nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from bertrelease_operator.api.workload import Task
from bertrelease_operator.core.evidence.rates import Count
from bertrelease_operator.core.evidence.readings import Prediction

# How long the other version's answer is waited for, and a counted request remembered.
WINDOW_SECONDS: Final = 30.0
# Beyond, the oldest are forgotten: at 1000 requests/s what came in the last 20 s.
MOST_OPEN: Final = 20_000

# Answers that are numbers are alike within this.
_SCORE_TOLERANCE: Final = 0.1
# Vectors are alike that share all but so many of 64 bits, as they do with a cosine of about 0.92.
_MOST_BITS_APART: Final = 8

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as far as its answers are known."""

    since: float
    subject: Prediction | None = None
    baseline: Prediction | None = None
    settled: bool = False  # counted, or contradictory

    @property
    def complete(self) -> bool:
        return self.subject is not None and self.baseline is not None and not self.settled


@dataclass(frozen=True, slots=True)
class Pairing:
    """Requests of the last seconds, the oldest first."""

    asked: Mapping[_Key, Asked] = field(default_factory=dict)

    def advanced(
        self, at: float, subject: Iterable[Prediction], baseline: Iterable[Prediction]
    ) -> tuple[Self, Mapping[str, Count]]:
        """After one more look, with the pairs that are certain now: by task, how many there are and how many differ."""
        asked = dict(self.asked)
        complete_before = [key for key, request in asked.items() if request.complete]
        for prediction in subject:
            _note(asked, at, prediction, is_subject=True)
        for prediction in baseline:
            _note(asked, at, prediction, is_subject=False)
        counts: dict[str, Count] = {}
        for key in complete_before:
            request = asked[key]
            if request.complete:
                asked[key] = replace(request, settled=True)
                task = key[0]
                counts[task] = counts.get(task, Count()).plus(_pair(request))
        for key in _forgettable(asked, at):
            del asked[key]
        return replace(self, asked=asked), counts


def _note(asked: dict[_Key, Asked], at: float, prediction: Prediction, *, is_subject: bool) -> None:
    key = (prediction.task, prediction.request)
    request = asked.get(key) or Asked(at)
    known = request.subject if is_subject else request.baseline
    if request.settled:
        return
    if known is not None:
        asked[key] = request if alike(known, prediction) else replace(request, settled=True)
    elif is_subject:
        asked[key] = replace(request, subject=prediction)
    else:
        asked[key] = replace(request, baseline=prediction)


def _pair(request: Asked) -> Count:
    assert request.subject is not None  # noqa: S101 - it is complete
    assert request.baseline is not None  # noqa: S101 - it is complete
    return Count(1, 0 if alike(request.subject, request.baseline) else 1)


def _forgettable(asked: Mapping[_Key, Asked], at: float) -> Iterator[_Key]:
    """The first that are too many or too old; a copy of the keys, because they are deleted meanwhile."""
    surplus = len(asked) - MOST_OPEN
    for index, (key, request) in enumerate([*asked.items()]):
        if index >= surplus and at - request.since <= WINDOW_SECONDS:
            return
        yield key


def alike(one: Prediction, other: Prediction) -> bool:
    """Whether two answers to one request are the same, for all that their task can tell."""
    if one.digest is None or other.digest is None:
        both = one.digest is other.digest and one.score is not None and other.score is not None
        return both and abs((one.score or 0.0) - (other.score or 0.0)) <= _SCORE_TOLERANCE
    if one.task == Task.FEATURE_EXTRACTION:
        return (int(one.digest, 16) ^ int(other.digest, 16)).bit_count() <= _MOST_BITS_APART
    return one.digest == other.digest
