"""However long a text and wherever its masks: none is lost, nothing is moved, the window is full."""

from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bert_server.tasks.windows import MasksTooFarApartError, Part, around_masks

CLS, SEP, MASK = 101, 102, 103


class Text(NamedTuple):
    token_ids: np.ndarray
    mask_positions: list[int]
    max_tokens: int


@st.composite
def texts(draw: st.DrawFn) -> Text:
    total = draw(st.integers(1, 60))
    places = draw(st.sets(st.integers(1, total), min_size=1, max_size=5))
    inner = [MASK if place in places else 1000 + place for place in range(1, total + 1)]
    return Text(np.array([CLS, *inner, SEP]), sorted(places), draw(st.integers(3, 70)))


@given(texts())
def test_every_mask_is_in_the_part_or_the_text_is_refused(text: Text) -> None:
    span = text.mask_positions[-1] - text.mask_positions[0] + 1
    fits = len(text.token_ids) <= text.max_tokens or span <= text.max_tokens - 2
    part = _part(text)
    assert (part is not None) == fits
    if part is not None:
        assert part.token_ids[list(part.mask_positions)].tolist() == [MASK] * len(text.mask_positions)
        assert part.token_ids.tolist().count(MASK) == len(text.mask_positions)


@given(texts())
def test_a_part_is_framed_full_and_in_one_piece(text: Text) -> None:
    part = _part(text)
    if part is None:
        return
    assert len(part.token_ids) == min(len(text.token_ids), text.max_tokens)
    assert (part.token_ids[0], part.token_ids[-1]) == (CLS, SEP)
    inner = text.token_ids[1:-1]
    if part.window is None:
        assert part.token_ids[1:-1].tolist() == inner.tolist()
    else:
        assert part.window.total_tokens == len(inner)
        stretch = inner[part.window.first_token : part.window.last_token + 1]
        assert part.token_ids[1:-1].tolist() == stretch.tolist()


@given(texts())
def test_what_is_seen_is_balanced_unless_an_end_of_the_text_is_near(text: Text) -> None:
    part = _part(text)
    if part is None or part.window is None:
        return
    before = part.mask_positions[0] - 1
    behind = len(part.token_ids) - 2 - part.mask_positions[-1]
    at_start = part.window.first_token == 0
    at_end = part.window.last_token == part.window.total_tokens - 1
    assert at_start or at_end or 0 <= behind - before <= 1


def _part(text: Text) -> Part | None:
    try:
        return around_masks(*text)
    except MasksTooFarApartError:
        return None
