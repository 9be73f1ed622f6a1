"""The translator as `transformers` runs it in fp32: the truth that a bundle is measured against."""

from collections.abc import Sequence

import torch
from transformers import MarianMTModel

from bert_server.engines.ctranslate import Hypothesis
from bert_server.translation.tokenization import TranslationTokenizer


class TorchTranslator:
    """Behind the same protocol as the engine, so that both get the same sentences and their output the same care."""

    def __init__(self, model: MarianMTModel, tokenizer: TranslationTokenizer) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._padding_id = int(model.config.pad_token_id)

    def translate(
        self, sentences: Sequence[Sequence[str]], *, beam_size: int, max_output_tokens: int, length_penalty: float
    ) -> list[Hypothesis]:
        ids = [[self._tokenizer.token_id(piece) for piece in sentence] for sentence in sentences]
        return self._generate(ids, beam_size, max_output_tokens, length_penalty)

    def _generate(
        self, ids: Sequence[list[int]], beam_size: int, max_output_tokens: int, length_penalty: float
    ) -> list[Hypothesis]:
        longest = max(len(row) for row in ids)
        inputs = torch.tensor([row + [self._padding_id] * (longest - len(row)) for row in ids])
        with torch.inference_mode():
            output = self._model.generate(
                inputs,
                attention_mask=(inputs != self._padding_id).long(),
                num_beams=beam_size,
                max_new_tokens=max_output_tokens,
                length_penalty=length_penalty,
                early_stopping=True,
                suppress_tokens=[self._tokenizer.unknown_id, self._padding_id],
                return_dict_in_generate=True,
                output_scores=True,
            )
        scores = output.sequences_scores.tolist() if beam_size > 1 else [0.0] * len(ids)
        return [
            Hypothesis(tuple(self._said(row)), score)
            for row, score in zip(output.sequences.tolist(), scores, strict=True)
        ]

    def _said(self, row: list[int]) -> list[str]:
        """The pieces between the start and the end mark."""
        pieces = []
        for token_id in row[1:]:
            if token_id in (self._tokenizer.end_id, self._padding_id):
                break
            pieces.append(self._tokenizer.piece(token_id))
        return pieces
