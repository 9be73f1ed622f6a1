import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_server.engines.protocol import EncoderBatch
from bert_server.engines.shapes import PADDING, GraphInput, exact_input, rounded_input, rounded_length

LONGEST = 512
sequence_lengths = st.lists(st.integers(1, 40), min_size=1, max_size=12)


@given(st.integers(1, LONGEST))
def test_a_length_is_never_rounded_down(tokens: int) -> None:
    assert rounded_length(tokens) >= tokens


@given(st.integers(33, LONGEST))
def test_at_most_a_quarter_more_is_computed_than_needed(tokens: int) -> None:
    assert rounded_length(tokens) < 1.25 * tokens


def test_there_are_few_sizes() -> None:
    sizes = sorted({rounded_length(tokens) for tokens in range(1, LONGEST + 1)})
    assert sizes[:8] == [8, 16, 24, 32, 40, 48, 56, 64]
    assert len(sizes) == 20


def test_each_token_knows_its_sequence_and_its_place_in_it() -> None:
    batch = _batch([3, 2], rows=[0, 3], head_rows=[1])
    exact = exact_input(batch)
    assert exact.positions.tolist() == [0, 1, 2, 0, 1]
    assert exact.sequences.tolist() == [0, 0, 0, 1, 1]
    assert (exact.token_ids is batch.token_ids, exact.rows is batch.rows) == (True, True)


@given(lengths=sequence_lengths, data=st.data())
def test_rounding_keeps_what_was_asked_in_its_place_and_adds_what_no_one_looks_at(
    lengths: list[int], data: st.DataObject
) -> None:
    total = sum(lengths)
    rows = data.draw(st.lists(st.integers(0, total - 1), min_size=1, max_size=total))
    head_rows = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=20))
    batch = _batch(lengths, rows, head_rows)
    exact, rounded = exact_input(batch), rounded_input(batch)
    for asked, given_ in zip(exact, rounded, strict=True):
        assert given_[: len(asked)].tolist() == asked.tolist()
    assert set(rounded.sequences[total:].tolist()) <= {PADDING}
    assert len(rounded.token_ids) == len(rounded.positions) == len(rounded.sequences) == rounded_length(total)
    assert _is_in_range(rounded)


@pytest.mark.parametrize(("rows", "rounded_rows"), [(1, 1), (2, 2), (3, 4), (5, 8), (9, 16), (17, 24)])
def test_rows_become_a_power_of_two_but_no_more_than_there_are_tokens(rows: int, rounded_rows: int) -> None:
    assert len(rounded_input(_batch([20], list(range(rows)), [])).rows) == rounded_rows


@pytest.mark.parametrize(("masks", "rounded_masks"), [(0, 0), (1, 1), (3, 4)])
def test_the_head_is_computed_for_a_power_of_two_of_masks_or_for_none(masks: int, rounded_masks: int) -> None:
    assert len(rounded_input(_batch([9], [0, 1, 2], list(range(masks)))).head_rows) == rounded_masks


def _batch(lengths: list[int], rows: list[int], head_rows: list[int]) -> EncoderBatch:
    token_ids = np.arange(sum(lengths), dtype=np.int64)
    return EncoderBatch(token_ids, tuple(lengths), np.array(rows, dtype=np.int64), np.array(head_rows, dtype=np.int64))


def _is_in_range(rounded: GraphInput) -> bool:
    """Every index points at something."""
    return max(rounded.rows) < len(rounded.token_ids) and all(rounded.head_rows < len(rounded.rows))
