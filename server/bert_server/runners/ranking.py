"""The likeliest tokens of a row of vocabulary scores."""

import numpy as np
from numpy.typing import NDArray

from bert_server.engines.protocol import Logits
from bert_server.inference.jobs import FillMaskJob, ScoredToken

# The vocabulary is looked at as so many columns; the largest of each column tell how large a top score must be.
ROWS_PER_COLUMN = 32
Indices = NDArray[np.intp]


class Ranking:
    """Keeps memory for one row, so that a row of 21,128 scores costs no allocation. For one thread."""

    def __init__(self) -> None:
        self._scratch = np.empty(0, dtype=np.float32)

    def rank(self, logits: Logits, job: FillMaskJob) -> tuple[ScoredToken, ...]:
        """The job's `top_k`, or all its candidates, the likeliest first; of equal ones the lower id first."""
        best = ranked_candidates(logits, job.candidates) if job.candidates else best_ids(logits, job.top_k)
        scores = self._probabilities(logits, best)
        return tuple(map(ScoredToken, best.tolist(), scores.tolist()))

    def _probabilities(self, logits: Logits, wanted: Indices) -> Logits:
        """Softmax over the whole row, read at `wanted`."""
        if self._scratch.size != logits.size:
            self._scratch = np.empty_like(logits)
        np.subtract(logits, logits.max(), out=self._scratch)
        np.exp(self._scratch, out=self._scratch)
        probabilities: Logits = self._scratch[wanted] / self._scratch.sum()
        return probabilities


def best_ids(logits: Logits, top_k: int) -> Indices:
    """Indices of the `top_k` largest of a row, the largest first; of equal ones the lower index first."""
    count = min(top_k, logits.size)
    contenders = np.flatnonzero(logits >= _lower_bound(logits, count))
    return contenders[np.argsort(-logits[contenders], kind="stable")][:count]


def ranked_candidates(logits: Logits, candidates: tuple[int, ...]) -> Indices:
    """The candidates, the largest score first; of equal ones the lower index first."""
    ids = np.array(sorted(candidates), dtype=np.intp)
    return ids[np.argsort(-logits[ids], kind="stable")]


def _lower_bound(logits: Logits, count: int) -> np.float32 | float:
    """A score that at least `count` of the row reach, and few more.

    Each of the `count` columns with the largest maxima holds one: far cheaper than to partition the whole row.
    """
    columns = logits.size // ROWS_PER_COLUMN
    if columns < count:
        return -np.inf
    maxima = logits[: columns * ROWS_PER_COLUMN].reshape(ROWS_PER_COLUMN, columns).max(axis=0)
    bound: np.float32 = np.partition(maxima, columns - count)[columns - count]
    return bound
