"""How often a bundle's engine agrees with the reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bert_server.engines.protocol import Encoder, EncoderBatch, Ids, Vectors
from bert_server.runners.ranking import Indices, best_ids

TOP = 5


class Answer(NamedTuple):
    """What an engine makes of a text: the TOP tokens of each mask, and the mean-pooled vector."""

    best_ids: list[Indices]
    vector: Vectors


@dataclass(frozen=True)
class Agreement:
    """Shares from 0 to 1 over `masks` masked places; None if there is none, or no vocabulary head.

    `cosine` is the mean over all texts, of the two engines' mean-pooled vectors.
    """

    masks: int
    top_1: float | None  # of places where the best token is the same
    top_5: float | None  # of the reference's five best tokens that are among the engine's five best
    cosine: float

    @property
    def decisive(self) -> float:
        """What is held against the order's `min_agreement`."""
        return self.cosine if self.top_1 is None else self.top_1

    def figures(self) -> dict[str, float]:
        figures = {"top_1_agreement": self.top_1, "top_5_agreement": self.top_5, "cosine_to_fp32": self.cosine}
        return {name: round(figure, 6) for name, figure in figures.items() if figure is not None}


def ask(engine: Encoder, batches: Sequence[EncoderBatch]) -> list[Answer]:
    """Each batch is a whole text."""
    answers = []
    for batch in batches:
        output = engine.infer(batch)
        answers.append(Answer([best_ids(row, TOP) for row in output.logits], output.hidden.mean(axis=0)))
    return answers


def agreement(ours: Sequence[Answer], reference: Sequence[Answer]) -> Agreement:
    pairs = list(zip(ours, reference, strict=True))
    cosine = float(np.mean([_cosine(our.vector, their.vector) for our, their in pairs]))
    masks = [mask for our, their in pairs for mask in zip(our.best_ids, their.best_ids, strict=True)]
    if not masks:
        return Agreement(0, None, None, cosine)
    top_1 = np.mean([our_best[0] == their_best[0] for our_best, their_best in masks])
    top_5 = np.mean([len(np.intersect1d(our_best, their_best)) / len(their_best) for our_best, their_best in masks])
    return Agreement(len(masks), float(top_1), float(top_5), cosine)


def whole_text(token_ids: Ids, mask_positions: Sequence[int]) -> EncoderBatch:
    """Asks for the vectors of all tokens, and the vocabulary scores at the masks."""
    rows = np.arange(len(token_ids))
    return EncoderBatch(token_ids, (len(token_ids),), rows, head_rows=np.array(mask_positions, dtype=np.int64))


def _cosine(ours: Vectors, theirs: Vectors) -> float:
    return float(ours @ theirs / (np.linalg.norm(ours) * np.linalg.norm(theirs)))
