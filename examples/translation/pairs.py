"""The sentence pairs that the demo translator learns, and those that it is tested on."""

from pathlib import Path
from random import Random

from examples.translation.grammar import Pair, Word, expand

ROOT = Path(__file__).parent
CORPUS = ROOT / "corpus"
TEST_FILE = ROOT / "test.tsv"
WRITTEN = ("everyday.tsv", "idioms.tsv", "poems.tsv")
SENTENCES_PER_PATTERN = 100
SEED = 1


def written_pairs() -> list[Pair]:
    """Those that are no pattern's: everyday sentences, idioms, and lines of poems."""
    return [pair for name in WRITTEN for pair in read_pairs(CORPUS / name)]


def pattern_pairs(count_per_pattern: int = SENTENCES_PER_PATTERN, seed: int = SEED) -> list[Pair]:
    """So many sentences of each pattern, always the same ones; those of a pattern with few words come repeatedly."""
    words = {file.stem: _read_words(file) for file in sorted((CORPUS / "words").glob("*.tsv"))}
    random = Random(seed)  # noqa: S311  reproducible on purpose
    return [
        expand(pattern, words, random)
        for pattern in read_pairs(CORPUS / "patterns.tsv")
        for _ in range(count_per_pattern)
    ]


def training_pairs() -> tuple[list[Pair], list[Pair]]:
    """The written pairs and those of the patterns, without any whose source is in the test set."""
    tested = {pair.source for pair in held_out_pairs()}
    return (
        [pair for pair in written_pairs() if pair.source not in tested],
        [pair for pair in pattern_pairs() if pair.source not in tested],
    )


def held_out_pairs() -> list[Pair]:
    """Sentences of the same patterns and words that the training leaves out."""
    return read_pairs(TEST_FILE)


def read_pairs(file: Path) -> list[Pair]:
    """The lines of a file, each a text, a tab and its translation. Raises ValueError naming the line that is not."""
    return [Pair(*cells) for cells in _rows(file, 2)]


def _read_words(file: Path) -> list[Word]:
    """The first line names the columns."""
    header, *rows = _rows(file)
    return [dict(zip(header, row, strict=True)) for row in rows]


def _rows(file: Path, columns: int | None = None) -> list[list[str]]:
    rows: list[list[str]] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        cells = line.split("\t")
        if len(cells) != (columns or len(rows[0] if rows else cells)) or not all(cells):
            raise ValueError(f"{file}, line {number}: expected {columns or len(rows[0])} texts with tabs between them")
        rows.append(cells)
    return rows
