import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bert_server.tasks.fill_mask import FillMask, best_ids, softmax

finite = st.floats(-1e4, 1e4, width=32)
rows = st.integers(1, 50).flatmap(lambda size: arrays(np.float32, size, elements=finite))


@given(rows, st.integers(1, 60))
def test_the_best_are_those_that_a_full_sort_gives(row: np.ndarray, top_k: int) -> None:
    in_order = sorted(range(row.size), key=lambda index: (-row[index], index))
    assert best_ids(row, top_k).tolist() == in_order[:top_k]


@given(rows)
def test_probabilities_add_up_to_one_and_keep_the_order(row: np.ndarray) -> None:
    probabilities = softmax(row)
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-4)
    order = np.argsort(row, kind="stable")
    assert np.all(np.diff(probabilities[order]) >= 0)


def test_each_mask_gets_its_own_candidates_in_the_order_of_the_text(task: FillMask) -> None:
    first, second = task.predict(task.encoder.encode("上[MASK]天[MASK]"), 2)
    assert [first[0].token, second[0].token] == ["下", "地"]
    assert len(first) == len(second) == 2
    assert first[0].score > first[1].score


def test_more_candidates_than_the_vocabulary_has_are_not_invented(task: FillMask) -> None:
    candidates = task.predict(task.encoder.encode("上[MASK]"), 100)[0]
    assert len({candidate.token for candidate in candidates}) == len(candidates) == task.encoder.vocabulary_size
