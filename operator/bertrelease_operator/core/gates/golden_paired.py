"""Two versions on the same cases: is the candidate worse, or may it be chance?

Right and wrong answers: the exact sign test on the cases where the versions differ, which is McNemar's test
("Note on the sampling error of the difference between correlated proportions", Psychometrika 1947) with the binomial
distribution instead of its approximation. With weights it is the randomisation test of which that is a special case
(Fisher, "The design of experiments", 1935, section 21): each difference could as well have gone the other way.

BLEU has no value for a single case: the paired bootstrap of Koehn, "Statistical significance tests for machine
translation evaluation" (EMNLP 2004), draws the set anew from its own cases and scores both versions on each draw.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from math import gcd
from typing import Final

from bertrelease_operator.core.gates.golden_bleu import ORDER, Counts, bleu

ALPHA: Final = 0.05
RESAMPLES: Final = 1000
# Enough for the sum of any count over a whole golden set.
_FIELD_BITS: Final = 32
_FIELDS: Final = 2 + 2 * ORDER


def loss_p_value(lost: Sequence[int], won: Sequence[int]) -> float:
    """The chance of a loss of at least this weight, if either version were as likely to be the right one.

    `lost` and `won` hold the weights of the cases that only the stable version, and only the candidate, had right.
    """
    weights = [*lost, *won]
    if not weights:
        return 1.0
    unit = gcd(*weights)
    chances = [1.0]  # chances[w]: that differences of weight w together go against the candidate
    for weight in weights:
        step = weight // unit
        missing = [0.0] * step
        chances = [(a + b) / 2 for a, b in zip([*chances, *missing], [*missing, *chances], strict=True)]
    return sum(chances[sum(lost) // unit :])


def chance_of_no_loss(candidate: Sequence[Counts], stable: Sequence[Counts], margin: float) -> float:
    """Share of the draws in which the candidate's BLEU is not below the stable version's by more than `margin`.

    Both in the order of the cases. The draws are the same for the same number of cases.
    """
    # One whole number for each case, so that a draw is one sum.
    packed = [
        _packed(one) | _packed(other) << _FIELDS * _FIELD_BITS for one, other in zip(candidate, stable, strict=True)
    ]
    places = _draws(len(packed))
    kept = 0
    for _ in range(RESAMPLES):
        total = sum(packed[place] for place in islice(places, len(packed)))
        difference = bleu(_unpacked(total)) - bleu(_unpacked(total >> _FIELDS * _FIELD_BITS))
        kept += difference >= -margin
    return kept / RESAMPLES


def _draws(below: int) -> Iterator[int]:
    """Endless; a linear congruential generator with Knuth's constants (MMIX), always from the same beginning."""
    state = 1
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        yield (state >> 33) % below


def _packed(counts: Counts) -> int:
    packed = 0
    for value in reversed((counts.words, counts.reference_words, *counts.matches, *counts.ngrams)):
        packed = packed << _FIELD_BITS | value
    return packed


def _unpacked(packed: int) -> Counts:
    values = [packed >> field * _FIELD_BITS & (1 << _FIELD_BITS) - 1 for field in range(_FIELDS)]
    return Counts(values[0], values[1], tuple(values[2 : 2 + ORDER]), tuple(values[2 + ORDER :]))
