"""From what a translation library returns to text that a person can read, whatever it returned."""

import re
from collections.abc import Sequence

MOST_REPEATS = 3  # one more of the same words in a row is a model that cannot stop
LONGEST_REPEATED_PIECES = 12

_MARK = re.compile(r"</?s>|<unk>|<pad>|<blank>|<eop>|<eod>|>>\w+<<")
LETTER = re.compile(r"[^\W\d_]")
_UNKNOWN_SIGN = "⁇"  # how SentencePiece writes a piece that it cannot read
_SPACES = re.compile(r"[\s▁]+")
_SPACE_BEFORE = re.compile(r" (?=[,;:!?%)\]}’”、。，！？；：）》」』]|\.(?!\w)|'(?:s|t|re|ve|ll|d|m)\b)")
_SPACE_AFTER = re.compile(r"(?<=[(\[{‘“（《「『]) ")


def clean_pieces(pieces: Sequence[str]) -> list[str]:
    """Without marks (end, padding, unknown, target language), and without what a model says over and over.

    A block of up to `LONGEST_REPEATED_PIECES` pieces with a letter in it, said more than `MOST_REPEATS` times in a
    row, is kept once. Digits and punctuation may repeat.
    """
    return _said_once([piece for piece in pieces if not _MARK.fullmatch(piece)])


def clean_text(text: str) -> str:
    """One line without marks and doubled spaces, and with the spaces around punctuation as they are printed."""
    spaced = _SPACES.sub(" ", _MARK.sub(" ", text.replace(_UNKNOWN_SIGN, " "))).strip()
    return _SPACE_AFTER.sub("", _SPACE_BEFORE.sub("", spaced))


def _said_once(pieces: list[str]) -> list[str]:
    kept: list[str] = []
    place = 0
    while place < len(pieces):
        size, times = _repeated_block(pieces, place)
        kept += pieces[place : place + size]
        place += size * times
    return kept


def _repeated_block(pieces: list[str], begin: int) -> tuple[int, int]:
    """The length of the shortest block that repeats too often from here on, and how often; else (1, 1)."""
    for size in range(1, LONGEST_REPEATED_PIECES + 1):
        block = pieces[begin : begin + size]
        times = 1
        while pieces[begin + times * size : begin + (times + 1) * size] == block:
            times += 1
        if times > MOST_REPEATS and any(LETTER.search(piece) for piece in block):
            return size, times
    return 1, 1
