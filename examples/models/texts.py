"""The texts that the demo models learn: the corpus, and the questions they must answer."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent
CLOZE_FILE = ROOT / "cloze.tsv"
MASK = "[MASK]"


class Question(NamedTuple):
    """A text with one `[MASK]`, and the one character that belongs there."""

    text: str
    answer: str

    @property
    def filled(self) -> str:
        return self.text.replace(MASK, self.answer)


def corpus_lines() -> list[str]:
    """Every line of the corpus, in the order of the files' names."""
    return [line for file in sorted((ROOT / "corpus").glob("*.txt")) for line in _lines(file)]


def questions(file: Path = CLOZE_FILE) -> list[Question]:
    """The questions of a cloze file. Raises ValueError naming the line that is not one."""
    return [_question(file, number, line) for number, line in enumerate(_lines(file), start=1)]


def characters() -> list[str]:
    """What the models can read and write: GB 2312 level 1 (3,755 common characters), ASCII, and the corpus."""
    common = (bytes((row, cell)).decode("gb2312") for row, cell in _level_one_cells())
    printable = (chr(code) for code in range(0x21, 0x7F))
    used = sorted({char for line in [*corpus_lines(), *(q.filled for q in questions())] for char in line})
    return list(dict.fromkeys([*printable, *common, *used]))


def _level_one_cells() -> Iterator[tuple[int, int]]:
    last_row, last_cell = 0xD7, 0xF9
    for row in range(0xB0, last_row + 1):
        yield from ((row, cell) for cell in range(0xA1, (last_cell if row == last_row else 0xFE) + 1))


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text(encoding="utf-8").splitlines() if line]


def _question(file: Path, number: int, line: str) -> Question:
    match = re.fullmatch(r"([^\t]*\[MASK\][^\t]*)\t([^\t])", line)
    if match is None or match[1].count(MASK) != 1:
        raise ValueError(f"{file}, line {number}: expected a text with one {MASK}, a tab and one character")
    return Question(match[1], match[2])
