"""Finds what both versions answered to the same request. Late, repeated and reused ids must not bend the counts.

A pair counts one look after it became complete, and only once. If in that time, or before, one of the versions gives
another answer under the same id, the id stands for several requests and says nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Self

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


class Asked(NamedTuple):
    """A request as far as its answers are known."""

    since: float
    subject: Prediction | None = None
    baseline: Prediction | None = None
    settled: bool = False  # counted, or contradictory

    @property
    def pair(self) -> Count | None:
        """One trial, and a hit if the answers differ; None as long as, or because, there is nothing to count."""
        if self.subject is None or self.baseline is None or self.settled:
            return None
        return Count(1, 0 if alike(self.subject, self.baseline) else 1)

    def heard(self, prediction: Prediction, *, from_subject: bool) -> "Asked":
        """With one more answer; another one than was known from that version contradicts it."""
        known = self.subject if from_subject else self.baseline
        if self.settled or (known is not None and alike(known, prediction)):
            return self
        if known is not None:
            return self._replace(settled=True)
        return self._replace(subject=prediction) if from_subject else self._replace(baseline=prediction)


@dataclass(frozen=True, slots=True)
class Pairing:
    """Requests of the last seconds, the oldest first, and those of them that were complete at the last look."""

    asked: Mapping[_Key, Asked] = field(default_factory=dict)
    complete: tuple[_Key, ...] = ()

    def advanced(
        self, at: float, subject: Sequence[Prediction], baseline: Sequence[Prediction]
    ) -> tuple[Self, Mapping[str, Count]]:
        """After one more look, with the pairs that are certain now: by task, how many there are and how many differ."""
        asked = dict(self.asked)
        heard = [(prediction, True) for prediction in subject] + [(prediction, False) for prediction in baseline]
        for prediction, from_subject in heard:
            key = _key(prediction)
            asked[key] = asked.get(key, Asked(at)).heard(prediction, from_subject=from_subject)
        counts: dict[str, Count] = {}
        for key in self.complete:
            if (pair := asked[key].pair) is not None:
                asked[key] = asked[key]._replace(settled=True)
                counts[key[0]] = counts.get(key[0], Count()).plus(pair)
        for key in _forgettable(asked, at):
            del asked[key]
        touched = dict.fromkeys(map(_key, (*subject, *baseline)))
        complete = tuple(key for key in touched if key in asked and asked[key].pair is not None)
        return replace(self, asked=asked, complete=complete), counts


def _key(prediction: Prediction) -> _Key:
    return prediction.task, prediction.request


def _forgettable(asked: Mapping[_Key, Asked], at: float) -> list[_Key]:
    """The first that are too many or too old."""
    surplus = len(asked) - MOST_OPEN
    forgettable = []
    for index, (key, request) in enumerate(asked.items()):
        if index >= surplus and at - request.since <= WINDOW_SECONDS:
            break
        forgettable.append(key)
    return forgettable


def alike(one: Prediction, other: Prediction) -> bool:
    """Whether two answers to one request are the same, for all that their task can tell."""
    if one.digest is None or other.digest is None:
        both = one.digest is other.digest and one.score is not None and other.score is not None
        return both and abs((one.score or 0.0) - (other.score or 0.0)) <= _SCORE_TOLERANCE
    if one.task == Task.FEATURE_EXTRACTION:
        return (int(one.digest, 16) ^ int(other.digest, 16)).bit_count() <= _MOST_BITS_APART
    return one.digest == other.digest
