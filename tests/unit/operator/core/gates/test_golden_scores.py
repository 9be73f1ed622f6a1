"""BLEU, TER and their words agree with sacrebleu; the paired tests with their definitions."""

from collections.abc import Sequence
from itertools import product
from math import comb

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st

from bertrelease_operator.core.gates.golden_bleu import Counts, bleu, counts_of
from bertrelease_operator.core.gates.golden_paired import chance_of_no_loss, loss_p_value
from bertrelease_operator.core.gates.golden_ter import edits_to, ter
from bertrelease_operator.core.gates.golden_words import words

ENGLISH = st.lists(
    st.sampled_from(["the", "moon", "light", "is", "bright", "frost", "3.5", "1,000", "home-town", "I", "don't", "."]),
    max_size=14,
).map(" ".join)
CHINESE = st.lists(st.sampled_from([*"床前明月光疑是地上霜，。！“”", "BERT ", " 3.5 "]), max_size=20).map("".join)
TEXT = ENGLISH | CHINESE
PAIR = st.tuples(TEXT, st.lists(TEXT.filter(bool), min_size=1, max_size=2))


def translations(pairs: Sequence[tuple[str, Sequence[str]]]) -> Counts:
    return Counts.sum(counts_of(said, references) for said, references in pairs)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Li's 3,000 books (and 1-2 more).", "Mr . Li's 3,000 books ( and 1 - 2 more ) ."),
        ("床前明月光，疑是地上霜。", "床 前 明 月 光 ， 疑 是 地 上 霜 。"),
        ("用 BERT 做完形填空", "用 BERT 做 完 形 填 空"),
        ("", ""),
    ],
)
def test_chinese_characters_and_marks_are_words_of_their_own(text: str, expected: str) -> None:
    assert words(text) == expected.split()


@given(text=ENGLISH | st.text("abc012.,-'!?/ $%()[]{}~`", max_size=30))
def test_words_of_ascii_are_those_of_13a(text: str) -> None:
    assert words(text) == sacrebleu.BLEU(tokenize="13a").tokenizer(text).split()


@given(text=CHINESE)
def test_words_of_chinese_are_those_of_zh(text: str) -> None:
    assert words(text) == sacrebleu.BLEU(tokenize="zh").tokenizer(text).split()


@settings(max_examples=200)
@given(pairs=st.lists(PAIR, min_size=1, max_size=6))
def test_bleu_is_that_of_sacrebleu(pairs: list[tuple[str, list[str]]]) -> None:
    columns = [[refs[min(number, len(refs) - 1)] for _, refs in pairs] for number in range(2)]
    theirs = sacrebleu.corpus_bleu([said for said, _ in pairs], columns, tokenize="zh", force=True)
    assert bleu(translations(pairs)) == pytest.approx(theirs.score, abs=1e-6)


@settings(max_examples=200, deadline=None)
@given(pairs=st.lists(PAIR, min_size=1, max_size=4))
def test_ter_is_that_of_sacrebleu_over_the_same_words(pairs: list[tuple[str, list[str]]]) -> None:
    def spaced(text: str) -> str:
        return " ".join(words(text))

    columns = [[spaced(refs[min(number, len(refs) - 1)]) for _, refs in pairs] for number in range(2)]
    theirs = sacrebleu.corpus_ter([spaced(said) for said, _ in pairs], columns)
    twice = [(said, [refs[0], refs[-1]]) for said, refs in pairs]
    assert ter(twice) == pytest.approx(theirs.score, abs=1e-6)


def test_moving_a_part_counts_as_one_edit() -> None:
    said, reference = words("at night the moon is bright"), words("the moon is bright at night")
    assert edits_to(tuple(said), tuple(reference)) == 1


def test_a_long_sentence_of_equal_words_is_scored_in_few_tries() -> None:
    assert edits_to(("moon",) * 150, ("moon", "frost") * 75) == 75


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (1, 0), (5, 0), (8, 2), (3, 9)])
def test_without_weights_the_paired_test_is_the_exact_one_of_mcnemar(lost: int, won: int) -> None:
    differing = lost + won
    expected = sum(comb(differing, k) for k in range(lost, differing + 1)) / 2**differing
    assert loss_p_value([1] * lost, [1] * won) == pytest.approx(expected)
    assert loss_p_value([7] * lost, [7] * won) == pytest.approx(expected)


@given(lost=st.lists(st.integers(1, 5), max_size=5), won=st.lists(st.integers(1, 5), max_size=5))
def test_with_weights_it_counts_all_ways_in_which_the_differences_could_have_gone(
    lost: list[int], won: list[int]
) -> None:
    weights = [*lost, *won]
    ways = [
        sum(w for w, sign in zip(weights, signs, strict=True) if sign) for signs in product((0, 1), repeat=len(weights))
    ]
    assert loss_p_value(lost, won) == pytest.approx(sum(way >= sum(lost) for way in ways) / len(ways))


def test_the_bootstrap_sees_a_clear_loss_and_no_loss_in_equal_translations() -> None:
    references = [f"the moon is bright tonight over hill number {number}" for number in range(30)]
    good = [counts_of(reference, [reference]) for reference in references]
    bad = [counts_of(reference.replace("bright", "hotpot"), [reference]) for reference in references]
    assert chance_of_no_loss(bad, good, margin=2) == 0
    assert chance_of_no_loss(good, good, margin=0) == 1
    assert chance_of_no_loss(good, bad, margin=0) == 1


def test_the_bootstrap_is_unsure_of_a_loss_that_hangs_on_one_case() -> None:
    references = [f"the moon is bright tonight over hill number {number}" for number in range(30)]
    good = [counts_of(reference, [reference]) for reference in references]
    one_bad = [counts_of("hotpot", references[:1]), *good[1:]]
    assert 0.05 < chance_of_no_loss(one_bad, good, margin=2) < 1
