"""How good and how fast a translator is, on texts whose translations are known."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sacrebleu

from bert_server.errors import PackagingError
from bert_server.inference.contract import Runner
from bert_server.translation.golden import translate_now
from bert_server.translation.tokenization import TranslationTokenizer

TIMED_TEXTS = 200
# Languages written without spaces are compared by characters; SentencePiece's own cut would favour its model.
_BLEU_TOKENIZERS = {"zh": "zh", "zho": "zh", "ja": "char", "jpn": "char", "ko": "char", "kor": "char"}


@dataclass(frozen=True)
class ReferenceTexts:
    """Texts and their reference translations."""

    sources: tuple[str, ...]
    references: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """Of the whole set, as sacrebleu computes them: `bleu` from 0 to 100, `ter` in edits for 100 words."""

    bleu: float
    ter: float


@dataclass(frozen=True)
class Comparison:
    """`agreed` are the texts that the bundle and the checkpoint translate alike, to the letter."""

    texts: int
    ours: Score
    fp32: Score
    agreed: tuple[str, ...]

    def figures(self) -> dict[str, float]:
        figures = {
            "bleu": self.ours.bleu,
            "bleu_fp32": self.fp32.bleu,
            "ter": self.ours.ter,
            "ter_fp32": self.fp32.ter,
            "agreement_share": len(self.agreed) / self.texts,
        }
        return {"test_texts": self.texts} | {name: round(figure, 4) for name, figure in figures.items()}


def read_test_set(file: Path) -> ReferenceTexts:
    """A text, a tab and its translation a line. Raises PackagingError naming the line that is not."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PackagingError(f"cannot read the test set {file}: {error}; give a UTF-8 file") from error
    rows = [(number, line.split("\t")) for number, line in enumerate(lines, start=1) if line.strip()]
    for number, cells in rows:
        if len(cells) != 2 or not all(cell.strip() for cell in cells):
            raise PackagingError(f"{file}, line {number}: expected a text, a tab and its translation")
    if not rows:
        raise PackagingError(f"{file} holds no text; give a text, a tab and its translation a line")
    return ReferenceTexts(tuple(cells[0] for _, cells in rows), tuple(cells[1] for _, cells in rows))


def compare(
    tokenizer: TranslationTokenizer, runner: Runner, reference: Runner, test_set: ReferenceTexts, target_language: str
) -> Comparison:
    """`reference` is the checkpoint in fp32."""
    said = [answer.translation for answer, _ in translate_now(tokenizer, runner, test_set.sources)]
    said_in_fp32 = [answer.translation for answer, _ in translate_now(tokenizer, reference, test_set.sources)]
    both = zip(test_set.sources, said, said_in_fp32, strict=True)
    return Comparison(
        texts=len(said),
        ours=score(said, test_set, target_language),
        fp32=score(said_in_fp32, test_set, target_language),
        agreed=tuple(text for text, ours, theirs in both if ours == theirs),
    )


def score(said: Sequence[str], test_set: ReferenceTexts, target_language: str) -> Score:
    """BLEU with sacrebleu's tokenizer for the language (13a where words are spaced), TER without letter case."""
    references = [list(test_set.references)]
    tokenizer = _BLEU_TOKENIZERS.get(target_language, "13a")
    bleu = sacrebleu.corpus_bleu(list(said), references, tokenize=tokenizer)
    ter = sacrebleu.corpus_ter(list(said), references, asian_support=target_language in _BLEU_TOKENIZERS)
    return Score(float(bleu.score), float(ter.score))


def latency_median_ms(tokenizer: TranslationTokenizer, runner: Runner, texts: Sequence[str]) -> float:
    """Of one text alone, from text to text."""
    durations_ms = []
    for text in texts[:TIMED_TEXTS]:
        started = time.perf_counter()
        translate_now(tokenizer, runner, [text])
        durations_ms.append((time.perf_counter() - started) * 1000)
    return float(np.median(durations_ms))
