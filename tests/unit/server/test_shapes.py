import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_server.engines.shapes import pad_rows, pad_tokens, rounded_length

LONGEST = 512
lengths = st.integers(1, LONGEST)


@given(lengths)
def test_a_length_is_never_rounded_down_nor_beyond_the_model(tokens: int) -> None:
    assert tokens <= rounded_length(tokens, LONGEST) <= LONGEST


@given(lengths.filter(lambda tokens: tokens > 32))
def test_at_most_a_quarter_more_is_computed_than_needed(tokens: int) -> None:
    assert rounded_length(tokens, LONGEST) < 1.25 * tokens


def test_there_are_few_sizes() -> None:
    sizes = sorted({rounded_length(tokens, LONGEST) for tokens in range(1, LONGEST + 1)})
    assert sizes[:8] == [8, 16, 24, 32, 40, 48, 56, 64]
    assert len(sizes) == 20


@pytest.mark.parametrize("longest", [130, 511])
def test_a_model_of_odd_length_is_never_exceeded(longest: int) -> None:
    assert rounded_length(longest, longest) == longest


def test_tokens_are_padded_with_zeros_on_the_right() -> None:
    ids = np.array([[5, 6], [7, 8]])
    assert pad_tokens(ids, 4).tolist() == [[5, 6, 0, 0], [7, 8, 0, 0]]
    assert pad_tokens(ids, 2) is ids


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), min_size=1, max_size=40))
def test_rows_keep_their_places_and_their_number_becomes_a_power_of_two(rows: list[tuple[int, int]]) -> None:
    positions = np.array(rows)
    padded = pad_rows(positions)
    assert padded[: len(rows)].tolist() == positions.tolist()
    assert {tuple(row) for row in padded.tolist()} == set(rows)
    assert len(padded).bit_count() == 1
