"""BLEU of many translations together.

Sources: Papineni, Roukos, Ward and Zhu, "BLEU: a method for automatic evaluation of machine translation" (ACL 2002);
orders without a match count by NIST's smoothing (method 3 of Chen and Cherry, WMT 2014), as in sacrebleu (Post, "A call
for clarity in reporting BLEU scores", WMT 2018), with which the scores agree.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import exp, log
from typing import Final, NamedTuple, Self

from bertrelease_operator.core.gates.golden_words import words

ORDER: Final = 4


class Counts(NamedTuple):
    """All that BLEU needs of one translation, or of several: they add up."""

    words: int
    reference_words: int  # of the reference whose length is nearest
    matches: tuple[int, ...]  # by order, from single words to `ORDER` of them
    ngrams: tuple[int, ...]

    @classmethod
    def sum(cls, counts: Iterable["Counts"]) -> Self:
        all_counts = list(counts)
        return cls(
            sum(one.words for one in all_counts),
            sum(one.reference_words for one in all_counts),
            tuple(sum(one.matches[order] for one in all_counts) for order in range(ORDER)),
            tuple(sum(one.ngrams[order] for one in all_counts) for order in range(ORDER)),
        )


def counts_of(translation: str, references: Sequence[str]) -> Counts:
    said = words(translation)
    expected = [words(reference) for reference in references]
    # A word sequence may be matched as often as the reference that has it most often.
    most: Counter[tuple[str, ...]] = Counter()
    for reference in expected:
        most |= _ngrams(reference)
    found = _ngrams(said)
    matched = found & most
    return Counts(
        words=len(said),
        reference_words=min((len(one) for one in expected), key=lambda length: (abs(length - len(said)), length)),
        matches=_by_order(matched),
        ngrams=_by_order(found),
    )


def bleu(counts: Counts) -> float:
    """From 0 to 100."""
    if not any(counts.matches):
        return 0.0
    smoothing, log_precisions = 1.0, 0.0
    for matches, ngrams in zip(counts.matches, counts.ngrams, strict=True):
        if not ngrams:
            return 0.0  # nothing is long enough for this order
        if not matches:
            smoothing /= 2
        log_precisions += log((matches or smoothing) / ngrams)
    brevity = min(0.0, 1 - counts.reference_words / counts.words)
    return 100 * exp(brevity + log_precisions / ORDER)


def _ngrams(tokens: list[str]) -> Counter[tuple[str, ...]]:
    return Counter(
        tuple(tokens[begin : begin + order])
        for order in range(1, ORDER + 1)
        for begin in range(len(tokens) - order + 1)
    )


def _by_order(ngrams: Counter[tuple[str, ...]]) -> tuple[int, ...]:
    sums = [0] * ORDER
    for ngram, count in ngrams.items():
        sums[len(ngram) - 1] += count
    return tuple(sums)
