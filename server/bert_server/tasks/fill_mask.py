"""Fill-mask: the most likely tokens for each masked place of a text."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bert_server.engines.protocol import Logits, MaskedLanguageModel
from bert_server.tokenization import EncodedText, TextEncoder


class Candidate(Struct, frozen=True):
    """A token as it stands in the vocabulary, and its probability."""

    token: str
    score: float


class FillMask:
    """A model together with the tokenizer that it was trained with."""

    def __init__(self, encoder: TextEncoder, engine: MaskedLanguageModel) -> None:
        self.encoder = encoder
        self._engine = engine

    def predict(self, text: EncodedText, top_k: int) -> list[list[Candidate]]:
        """A list for each mask, in the order of the text: `top_k` candidates, the likeliest first."""
        logits = self._engine.logits(text.ids, text.attention_mask, text.mask_positions)
        return [self._candidates(row, top_k) for row in logits]

    def _candidates(self, logits: Logits, top_k: int) -> list[Candidate]:
        best = best_ids(logits, top_k)
        scores = softmax(logits)[best]
        return [
            Candidate(self.encoder.token(token_id), float(f"{score:.6g}"))
            for token_id, score in zip(best.tolist(), scores.tolist(), strict=True)
        ]


def best_ids(logits: Logits, top_k: int) -> NDArray[np.intp]:
    """Indices of the `top_k` largest of a row, the largest first; of equal ones the lower index first."""
    count = min(top_k, logits.size)
    threshold = np.partition(logits, logits.size - count)[logits.size - count]
    contenders = np.flatnonzero(logits >= threshold)
    return contenders[np.argsort(-logits[contenders], kind="stable")][:count]


def softmax(logits: Logits) -> Logits:
    """Probabilities of one row of scores; they add up to 1."""
    exponentials = np.exp(logits - logits.max())
    probabilities: Logits = exponentials / exponentials.sum()
    return probabilities
