import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bert_server.inference.jobs import FillMaskJob
from bert_server.runners.ranking import Ranking, best_ids, ranked_candidates

# Few different scores, so that there are many ties; small rows, and rows with many columns of 32.
scores = st.sampled_from([np.float32(value) for value in (-3.5, -1, 0, 0.25, 0.5, 7, 1e4, -1e4)])
rows = st.one_of(st.integers(1, 50), st.integers(64, 700)).flatmap(
    lambda size: arrays(np.float32, size, elements=scores, fill=st.nothing())
)


@given(rows, st.integers(1, 60))
def test_the_best_are_those_that_a_full_sort_gives(row: np.ndarray, top_k: int) -> None:
    assert best_ids(row, top_k).tolist() == _in_order(row, range(row.size))[:top_k]


def test_the_best_of_a_large_vocabulary_are_those_that_a_full_sort_gives() -> None:
    row = np.random.default_rng(1).standard_normal(21_128).astype(np.float32)
    assert best_ids(row, 100).tolist() == _in_order(row, range(row.size))[:100]


@given(rows, st.data())
def test_all_candidates_are_ranked_as_a_full_sort_does(row: np.ndarray, data: st.DataObject) -> None:
    candidates = data.draw(st.lists(st.integers(0, row.size - 1), min_size=1, max_size=20, unique=True))
    assert ranked_candidates(row, tuple(candidates)).tolist() == _in_order(row, candidates)


@given(rows)
def test_probabilities_are_those_of_the_whole_vocabulary(row: np.ndarray) -> None:
    ranked = Ranking().rank(row, _job(top_k=row.size))
    exponentials = np.exp(row.astype(np.float64) - row.max())
    expected = exponentials / exponentials.sum()
    assert [score for _, score in ranked] == pytest.approx([expected[token] for token, _ in ranked], abs=1e-5)


def test_a_candidate_keeps_the_probability_that_it_has_among_all_tokens() -> None:
    row = np.random.default_rng(2).standard_normal(500).astype(np.float32)
    ranking = Ranking()
    of_all = dict(ranking.rank(row, _job(top_k=500)))
    assert dict(ranking.rank(row, _job(candidates=(3, 444, 7)))) == {token: of_all[token] for token in (3, 7, 444)}


def test_a_rank_does_not_change_when_the_next_row_is_ranked() -> None:
    ranking = Ranking()
    first_row, second_row = np.random.default_rng(3).standard_normal((2, 100)).astype(np.float32)
    first = ranking.rank(first_row, _job(top_k=3))
    ranking.rank(second_row, _job(top_k=3))
    assert ranking.rank(first_row, _job(top_k=3)) == first


def _in_order(row: np.ndarray, ids: object) -> list[int]:
    return sorted(ids, key=lambda index: (-row[index], index))  # type: ignore[call-overload,no-any-return]


def _job(top_k: int = 1, candidates: tuple[int, ...] = ()) -> FillMaskJob:
    return FillMaskJob("model", np.zeros(3, dtype=np.int64), (1,), top_k, candidates)
