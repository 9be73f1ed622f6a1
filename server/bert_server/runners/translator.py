"""Translations in batches."""

from collections.abc import Sequence
from typing import Protocol

from bert_server.engines.ctranslate import Hypothesis
from bert_server.inference.jobs import Job, TranslateJob, Translation
from bert_server.translation.tokenization import TranslationTokenizer


class TranslationEngine(Protocol):
    def translate(
        self, sentences: Sequence[Sequence[str]], *, beam_size: int, max_output_tokens: int, length_penalty: float
    ) -> list[Hypothesis]: ...


class TranslatorRunner:
    """Sentences that share beam size, longest output and length penalty, which is what their `batch_group` says."""

    def __init__(self, tokenizer: TranslationTokenizer, engine: TranslationEngine) -> None:
        self._tokenizer = tokenizer
        self._engine = engine

    def run(self, jobs: Sequence[Job]) -> list[Translation]:
        sentences = [job for job in jobs if isinstance(job, TranslateJob)]
        if len(sentences) != len(jobs):
            raise TypeError("a translator takes TranslateJob only")
        if not sentences:
            return []
        hypotheses = self._engine.translate(
            [[self._tokenizer.piece(token_id) for token_id in job.token_ids.tolist()] for job in sentences],
            beam_size=sentences[0].beam_size,
            max_output_tokens=sentences[0].max_output_tokens,
            length_penalty=sentences[0].length_penalty,
        )
        return [self._translation(hypothesis) for hypothesis in hypotheses]

    def padded_length(self, tokens: int) -> int:
        """CTranslate2 computes no padding."""
        return tokens

    def _translation(self, hypothesis: Hypothesis) -> Translation:
        return Translation(tuple(self._tokenizer.token_id(piece) for piece in hypothesis.pieces), hypothesis.score)
