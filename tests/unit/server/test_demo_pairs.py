import re
from pathlib import Path
from random import Random

import pytest

from examples.translation.grammar import Pair, expand
from examples.translation.pairs import held_out_pairs, pattern_pairs, read_pairs, training_pairs, written_pairs

WORDS = {
    "who": [
        {"zh": "我", "en": "I", "be": "am", "verb": "base"},
        {"zh": "她", "en": "she", "be": "is", "verb": "third"},
    ],
    "act": [{"zh": "唱歌", "base": "sing", "third": "sings", "ing": "singing"}],
}


def test_a_pattern_gives_a_pair_whose_verb_agrees_with_its_subject() -> None:
    pattern = Pair("{who}喜欢{act}。", "{who} [like/likes] {act:ing}, [do/does] {who} {act}?")
    pairs = {expand(pattern, WORDS, Random(seed)) for seed in range(20)}
    assert pairs == {
        Pair("我喜欢唱歌。", "I like singing, do I sing?"),
        Pair("她喜欢唱歌。", "She likes singing, does she sing?"),
    }


def test_two_slots_of_one_list_get_different_words() -> None:
    pairs = {expand(Pair("{who}和{who2}", "{who} and {who2}"), WORDS, Random(seed)) for seed in range(20)}
    assert pairs == {Pair("我和她", "I and she"), Pair("她和我", "She and I")}


def test_no_pair_has_a_slot_or_a_choice_left() -> None:
    left = [
        pair
        for pair in [*pattern_pairs(), *written_pairs(), *held_out_pairs()]
        if re.search(r"[{}\[\]/]", "".join(pair))
    ]
    assert left == []


def test_the_test_set_is_kept_from_the_training() -> None:
    written, generated = training_pairs()
    tested = {pair.source for pair in held_out_pairs()}
    assert len(tested) >= 150
    assert tested.isdisjoint(pair.source for pair in [*written, *generated])
    assert {pair.source for pair in pattern_pairs()} & tested, "or nothing was kept from it"


def test_every_character_of_the_test_set_is_met_in_training() -> None:
    written, generated = training_pairs()
    known = {character for pair in [*written, *generated] for character in pair.source}
    assert {character for pair in held_out_pairs() for character in pair.source} <= known


def test_no_text_has_two_translations() -> None:
    written = written_pairs()
    assert len({pair.source for pair in written}) == len(written)


@pytest.mark.parametrize("line", ["没有制表符", "一\ttwo\tthree", "\tempty"])
def test_a_line_that_is_no_pair_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "pairs.tsv").write_text(f"好\tgood\n{line}\n")
    with pytest.raises(ValueError, match=r"pairs\.tsv, line 2: expected 2 texts with tabs between them"):
        read_pairs(tmp_path / "pairs.tsv")
