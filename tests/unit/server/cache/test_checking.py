import math
from typing import Any

import numpy as np
import pytest

from bert_server.cache.checking import ResultSizes, require_possible
from bert_server.inference.jobs import FillMaskJob, ScoredToken, Translation
from tests.unit.server.cache.jobs import feature, fill_mask, translate

SIZES = ResultSizes(vocabulary=100, vector=3)
TWO_OF_ALL = fill_mask(1, top_k=2)
CANDIDATES = FillMaskJob("toy", np.array([1]), (0,), 5, (7, 9))


def row(*ids_and_scores: tuple[int, float]) -> tuple[tuple[ScoredToken, ...], ...]:
    return (tuple(ScoredToken(*one) for one in ids_and_scores),)


@pytest.mark.parametrize(
    ("job", "result"),
    [
        (TWO_OF_ALL, row((99, 1.0), (0, 0.0))),
        (fill_mask(1, top_k=200), row(*((token, 0.01) for token in range(100)))),
        (CANDIDATES, row((9, 0.1), (7, 0.05))),
        (feature(1), np.array([1, -2, 0], dtype=np.float32)),
        (translate(1), Translation((0, 99), -1.5)),
        (translate(1), Translation((), 0.0)),
    ],
)
def test_what_a_model_can_answer_is_taken(job: Any, result: Any) -> None:
    require_possible(result, job, SIZES)


@pytest.mark.parametrize(
    ("job", "result"),
    [
        (TWO_OF_ALL, ()),
        (TWO_OF_ALL, row()),
        (TWO_OF_ALL, row((1, 0.5))),
        (TWO_OF_ALL, row((1, 0.5), (1, 0.4))),
        (TWO_OF_ALL, row((1, 0.5), (100, 0.4))),
        (TWO_OF_ALL, row((1, 0.5), (-1, 0.4))),
        (TWO_OF_ALL, row((1, 7.5), (2, 0.4))),
        (TWO_OF_ALL, row((1, math.nan), (2, 0.4))),
        (CANDIDATES, row((9, 0.1), (8, 0.05))),
        (CANDIDATES, row((9, 0.1))),
        (feature(1), np.zeros(0, dtype=np.float32)),
        (feature(1), np.zeros(2, dtype=np.float32)),
        (feature(1), np.array([1, 2, np.nan], dtype=np.float32)),
        (translate(1), Translation((100,), -1.5)),
        (translate(1), Translation((-1,), -1.5)),
        (translate(1), Translation((1,), math.inf)),
    ],
)
def test_what_no_model_can_have_answered_is_refused(job: Any, result: Any) -> None:
    with pytest.raises(ValueError, match="no such result"):
        require_possible(result, job, SIZES)
