"""Translation edit rate: how many words must be changed, put in, taken out or moved to get the reference.

Source: Snover, Dorr, Schwartz, Micciulla and Makhoul, "A study of translation edit rate with targeted human annotation"
(AMTA 2006): sequences of words are moved greedily, the one that helps most first, as long as that lessens the edit
distance; a move costs as much as one word. Which moves are tried, and which of equal ones is taken, follows the
authors' Tercom as sacrebleu does, so that the scores agree. Without Tercom's beam: the distance is exact.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bertrelease_operator.core.gates.golden_words import words

_LONGEST_MOVE: Final = 10  # words
_FARTHEST_MOVE: Final = 50
_MOST_TRIES: Final = 1000
# Long sentences get fewer tries than Tercom's, so that a translation gone wild cannot take minutes.
_MOST_CELLS: Final = 3_000_000
_MOST_KEPT_ROWS: Final = 10_000

Words = tuple[str, ...]


def ter(translations: Sequence[tuple[str, Sequence[str]]]) -> float:
    """In percent of the references' words; of (translation, references) each."""
    edits, length = 0, 0.0
    for translation, references in translations:
        said = tuple(words(translation.lower()))
        expected = [tuple(words(reference.lower())) for reference in references]
        edits += min(edits_to(said, one) for one in expected)
        length += sum(map(len, expected)) / len(expected)
    if not length:
        return 100.0 if edits else 0.0
    return 100 * edits / length


def edits_to(said: Words, reference: Words) -> int:
    """Fewest edits that the greedy search finds."""
    if not reference or not said:
        return max(len(said), len(reference))
    distances = _Distances(reference)
    moves, tries_left = 0, min(_MOST_TRIES, _MOST_CELLS // (len(said) * len(reference)))
    while True:
        best, tried = _best_move(said, reference, distances, tries_left)
        tries_left -= tried
        if best is None or best.gain <= 0 or tries_left <= 0:
            return moves + distances.to(said)
        moves, said = moves + 1, best.result


@dataclass(frozen=True, slots=True, order=True)
class _Move:
    """In the order of preference: the greatest is the best."""

    gain: int
    length: int
    before_begin: int  # minus the place that it is taken from
    before_target: int  # minus the place that it goes to
    result: Words


@dataclass(frozen=True, slots=True)
class _Alignment:
    """`places[r]`: the last word said that stands for the reference up to word r; -1 if none does."""

    places: list[int]
    said_is_wrong: list[bool]
    reference_is_wrong: list[bool]


def _best_move(said: Words, reference: Words, distances: "_Distances", most_tries: int) -> tuple[_Move | None, int]:
    """The best move, if there is any at all, and how many were tried."""
    before, alignment = distances.to(said), distances.alignment(said)
    best, tried = None, 0
    for begin, target, length in _equal_parts(said, reference):
        if tried >= most_tries:
            break
        end = begin + length
        if not any(alignment.said_is_wrong[begin:end]) or not any(
            alignment.reference_is_wrong[target : target + length]
        ):
            continue
        if begin <= alignment.places[target] < end:
            continue  # it would move within itself
        for place in _landing_places(alignment, target, length):
            result = _moved(said, begin, length, place)
            tried += 1
            move = _Move(before - distances.to(result), length, -begin, -place, result)
            best = move if best is None or move > best else best
    return best, tried


def _equal_parts(said: Words, reference: Words) -> Iterator[tuple[int, int, int]]:
    """(place in `said`, place in `reference`, length) of everything that they have in common."""
    for begin in range(len(said)):
        for target in range(max(0, begin - _FARTHEST_MOVE), min(len(reference), begin + _FARTHEST_MOVE + 1)):
            most = min(_LONGEST_MOVE, len(said) - begin, len(reference) - target)
            for length in range(1, most + 1):
                if said[begin + length - 1] != reference[target + length - 1]:
                    break
                yield begin, target, length


def _landing_places(alignment: _Alignment, target: int, length: int) -> Iterator[int]:
    """Before the words that stand for the reference's words around `target`, each once."""
    last = -1
    for offset in range(target - 1, min(target + length, len(alignment.places))):
        place = 0 if offset < 0 else alignment.places[offset] + 1
        if place != last:
            yield place
        last = place


def _moved(said: Words, begin: int, length: int, place: int) -> Words:
    part, end = said[begin : begin + length], begin + length
    if place < begin:
        return said[:place] + part + said[place:begin] + said[end:]
    if place > end:
        return said[:begin] + said[end:place] + part + said[place:]
    # Within the part itself: so many of the words behind it go before it.
    return said[:begin] + said[end : place + length] + part + said[place + length :]


class _Row:
    """The last row of the table for what was said up to here, and what may follow."""

    __slots__ = ("costs", "following")

    def __init__(self, costs: list[int]) -> None:
        self.costs = costs
        self.following: dict[str, _Row] = {}


class _Distances:
    """Edit distances to one reference. Rows depend on what was said up to them alone, and most are needed again."""

    def __init__(self, reference: Words) -> None:
        self._reference = reference
        self._beginning = _Row(list(range(len(reference) + 1)))
        self._kept_rows = 0

    def to(self, said: Words) -> int:
        return self._rows(said)[-1].costs[-1]

    def alignment(self, said: Words) -> _Alignment:
        """Of a cheapest way; where there are several, words rather stand for each other, and are rather taken out."""
        table = [row.costs for row in self._rows(said)]
        row, column = len(said), len(self._reference)
        places, reference_is_wrong = [-1] * column, [True] * column
        said_is_wrong = [True] * row
        while row or column:
            cost = table[row][column]
            same = bool(row and column) and said[row - 1] == self._reference[column - 1]
            if row and column and cost == table[row - 1][column - 1] + (not same):
                row, column = row - 1, column - 1
                places[column] = row
                said_is_wrong[row] = reference_is_wrong[column] = not same
            elif row and cost == table[row - 1][column] + 1:
                row -= 1
            else:
                column -= 1
                places[column] = row - 1
        return _Alignment(places, said_is_wrong, reference_is_wrong)

    def _rows(self, said: Words) -> list[_Row]:
        rows = [self._beginning]
        for word in said:
            row = rows[-1].following.get(word)
            if row is None:
                row = _Row(self._next_costs(rows[-1].costs, word))
                if self._kept_rows < _MOST_KEPT_ROWS:
                    rows[-1].following[word] = row
                    self._kept_rows += 1
            rows.append(row)
        return rows

    def _next_costs(self, above: list[int], word: str) -> list[int]:
        last = above[0] + 1
        costs = [last]
        diagonal = above[0]
        for expected, straight in zip(self._reference, above[1:], strict=True):
            cost = diagonal if word == expected else diagonal + 1
            if straight < cost:
                cost = straight + 1
            if last < cost:
                cost = last + 1
            costs.append(cost)
            last, diagonal = cost, straight
        return costs
