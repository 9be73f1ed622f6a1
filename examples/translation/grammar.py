"""Sentence pairs from patterns and word lists, so that a small model meets every word in many places.

A pattern is a Chinese and an English sentence with slots. `{act}` stands for a word of `words/act.tsv`, `{act:ing}` for
one of its other forms, `{act2}` for a second, different word of that list. `[like/likes]` takes the form that agrees
with the word in `{who}`.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

Word = Mapping[str, str]  # forms by column; "zh" is the Chinese one, the default English one is the first that exists
_SLOT = re.compile(r"\{([a-z]+)(\d?)(?::(\w+))?\}")
_AGREEMENT = re.compile(r"\[([^/\]]*)/([^\]]*)\]")
_DEFAULT_FORMS = ("en", "base")


class Pair(NamedTuple):
    """A text and its translation."""

    source: str
    target: str


def expand(pattern: Pair, words: Mapping[str, Sequence[Word]], random: Random) -> Pair:
    """One sentence of a pattern, with words drawn at random. Raises KeyError for a slot or form that does not exist."""
    chosen = _draw(pattern, words, random)
    source = _SLOT.sub(lambda slot: _source_form(slot, chosen), pattern.source)
    agreed = _AGREEMENT.sub(lambda forms: forms[1 if chosen["who"]["verb"] == "base" else 2], pattern.target)
    target = _SLOT.sub(lambda slot: _target_form(slot, chosen), agreed)
    return Pair(source, target[0].upper() + target[1:])


def _draw(pattern: Pair, words: Mapping[str, Sequence[Word]], random: Random) -> dict[str, Word]:
    """A word for each slot; the slots of one list get different words."""
    chosen: dict[str, Word] = {}
    for kind, number, _ in _SLOT.findall(pattern.source):
        taken = [word["zh"] for slot, word in chosen.items() if slot.rstrip("0123456789") == kind]
        if kind + number not in chosen:
            chosen[kind + number] = random.choice([word for word in words[kind] if word["zh"] not in taken])
    return chosen


def _source_form(slot: re.Match[str], chosen: Mapping[str, Word]) -> str:
    return chosen[slot[1] + slot[2]][slot[3] or "zh"]


def _target_form(slot: re.Match[str], chosen: Mapping[str, Word]) -> str:
    word = chosen[slot[1] + slot[2]]
    return word[slot[3]] if slot[3] else next(word[form] for form in _DEFAULT_FORMS if form in word)
