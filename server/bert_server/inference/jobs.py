"""What a model is asked for, and what it answers: one job is one sequence of tokens for one model."""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TokenIds = NDArray[np.int64]
Vector = NDArray[np.float32]


class Pooling(StrEnum):
    """Which vector stands for a text: that of `[CLS]`, or the mean over all its tokens, the framing ones included."""

    CLS = "cls"
    MEAN = "mean"


@dataclass(frozen=True, slots=True, eq=False)
class FillMaskJob:
    """`token_ids` has the shape (tokens,); `mask_positions` are places in it.

    Asks for the `top_k` likeliest tokens at each place; with `candidates` (token ids), for those alone, all of them
    ranked. Probabilities always are over the whole vocabulary.
    """

    model: str
    token_ids: TokenIds
    mask_positions: tuple[int, ...]
    top_k: int
    candidates: tuple[int, ...] = ()

    @property
    def batch_group(self) -> Hashable:
        return (self.model, "rows")


@dataclass(frozen=True, slots=True, eq=False)
class FeatureJob:
    """Asks for one vector, not normalised; `token_ids` has the shape (tokens,)."""

    model: str
    token_ids: TokenIds
    pooling: Pooling

    @property
    def batch_group(self) -> Hashable:
        return (self.model, "rows" if self.pooling is Pooling.CLS else "mean")


@dataclass(frozen=True, slots=True, eq=False)
class TranslateJob:
    """One sentence; `token_ids` has the shape (tokens,), as the source vocabulary numbers them, end mark included.

    `length_penalty` is the exponent of the length by which a hypothesis's log-probability is divided.
    """

    model: str
    token_ids: TokenIds
    beam_size: int
    max_output_tokens: int
    length_penalty: float

    @property
    def batch_group(self) -> Hashable:
        return (self.model, self.beam_size, self.max_output_tokens, self.length_penalty)


class ScoredToken(NamedTuple):
    """`score` is a probability."""

    token_id: int
    score: float


class Translation(NamedTuple):
    """`token_ids` of the target, without marks; `score` is the log-probability, divided as the job asked."""

    token_ids: tuple[int, ...]
    score: float


Job = FillMaskJob | FeatureJob | TranslateJob
MaskResult = tuple[tuple[ScoredToken, ...], ...]  # a row for each of `mask_positions`
JobResult = MaskResult | Vector | Translation
