import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_server.translation.cleaning import clean_pieces, clean_text

MARKS = ["<unk>", "</s>", "<s>", "<pad>", ">>eng<<", "⁇", "▁"]
PIECES = st.lists(st.sampled_from([*MARKS, "▁the", "▁moon", "s", ".", ",", "▁(", ")", "7", "▁"]), max_size=40)


@pytest.mark.parametrize(
    ("said", "clean"),
    [
        ("Hello , world !", "Hello, world!"),
        ("▁The▁moon ▁is  round .", "The moon is round."),
        ("He said ( again ) : yes ; no ?", "He said (again): yes; no?"),
        ("It 's 3.14 , or .5 of Xi'an", "It's 3.14, or .5 of Xi'an"),
        ("<pad> I <unk> see </s>", "I see"),
        (">>eng<< ⁇ Good  morning", "Good morning"),
        ("5 % of $ 3", "5% of $ 3"),
        ("\n two\tlines\n", "two lines"),
        ("a < b > c", "a < b > c"),
        ("", ""),
        ("</s>", ""),
    ],
)
def test_what_a_model_says_becomes_text_as_it_is_printed(said: str, clean: str) -> None:
    assert clean_text(said) == clean


def test_marks_of_the_end_padding_and_language_are_left_out() -> None:
    assert clean_pieces([">>eng<<", "▁Good", "<unk>", "▁day", ".", "</s>", "<pad>"]) == ["▁Good", "▁day", "."]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (["▁the"] * 50, ["▁the"]),
        (["▁I", *["▁very", "▁much"] * 9, "."], ["▁I", "▁very", "▁much", "."]),
        (["▁no", "▁no", "▁no"], ["▁no", "▁no", "▁no"]),
        (["1", *"000000"], ["1", *"000000"]),
        ([".", ".", ".", ".", ".", "."], ["."] * 6),
    ],
)
def test_what_is_said_over_and_over_is_kept_once_but_digits_and_dots_may_repeat(
    said: list[str], kept: list[str]
) -> None:
    assert clean_pieces(said) == kept


@given(PIECES)
def test_no_mark_and_no_doubled_space_is_ever_left(pieces: list[str]) -> None:
    text = clean_text("".join(clean_pieces(pieces)))
    assert not re.search(r"<unk>|</?s>|<pad>|>>|⁇|▁|\s\s|^\s|\s$| [,)]| \.(?!\w)|\( ", text)


@given(st.text())
def test_cleaning_clean_text_changes_nothing(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)
