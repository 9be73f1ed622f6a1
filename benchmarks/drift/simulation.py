"""A mirror step, second by second: copies of requests, answered by both versions, read by the operator's looks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.drift.answers import Answers
from bertrelease_operator.core.evidence.readings import Look, PodPredictions, Prediction
from bertrelease_operator.core.observation import Watch

WATCH: Final = Watch("candidate", "stable", "step", gets_copies=True)
TASK: Final = "fill-mask"
STEP_SECONDS: Final = 300
COPIES_PER_SECOND: Final = 50
_LATE_SHARE: Final = 0.1  # of the answers, that only the look after the next finds


@dataclass(frozen=True, slots=True)
class Copies:
    """Which text each copied request asks, and whether each version's answer is read a look late."""

    texts: NDArray[np.int64]  # shape (seconds, copies)
    late: NDArray[np.bool_]  # shape (2, seconds, copies)


def draw(texts: int, seed: int) -> Copies:
    rng = np.random.default_rng(seed)
    shape = (STEP_SECONDS, COPIES_PER_SECOND)
    return Copies(rng.integers(texts, size=shape), rng.random((2, *shape)) < _LATE_SHARE)


def differing(copies: Copies, candidate: Answers, stable: Answers) -> NDArray[np.int64]:
    """Of each second's copies, how many are answered differently."""
    differs = candidate.tokens != stable.tokens
    counts: NDArray[np.int64] = differs[copies.texts].sum(axis=1)
    return counts


def looks(copies: Copies, candidate: Answers, stable: Answers) -> Iterator[Look]:
    """One before the first second and one after each."""
    yield _look(0, [], [])
    waiting: tuple[list[Prediction], list[Prediction]] = ([], [])
    for second, asked in enumerate(copies.texts):
        read: tuple[list[Prediction], list[Prediction]] = (list(waiting[0]), list(waiting[1]))
        waiting = ([], [])
        for place, text in enumerate(asked):
            for side, answers in enumerate((candidate, stable)):
                told = waiting if copies.late[side, second, place] else read
                told[side].append(_prediction(second * COPIES_PER_SECOND + place, answers, int(text)))
        yield _look(second + 1, *read)


def _prediction(number: int, answers: Answers, text: int) -> Prediction:
    return Prediction(TASK, f"{number:016x}", str(answers.tokens[text]), float(answers.scores[text]))


def _look(at: int, candidate: list[Prediction], stable: list[Prediction]) -> Look:
    pods = (
        PodPredictions("c", WATCH.subject, str(at), tuple(candidate)),
        PodPredictions("s", str(WATCH.baseline), str(at), tuple(stable)),
    )
    return Look(float(at), predictions=pods)
