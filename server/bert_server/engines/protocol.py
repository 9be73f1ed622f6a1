"""What the server asks of an inference library."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EncoderBatch:
    """Input of one inference: sequences packed one after the other, without padding.

    `token_ids` has the shape (tokens,); `lengths` says how many of them belong to each sequence, in their order.
    `rows` has the shape (rows,): the places in `token_ids` whose last hidden state is wanted, at least one.
    `head_rows` has the shape (masks,): the places in `rows` whose vocabulary scores are wanted; it may be empty.
    """

    token_ids: Ids
    lengths: tuple[int, ...]
    rows: Ids
    head_rows: Ids


@dataclass(frozen=True, slots=True)
class EncoderOutput:
    """`hidden` has the shape (rows, hidden size), `logits` (masks, vocabulary).

    Both may be views of the engine's own memory: good until its next inference. A model without a vocabulary head
    has no scores: the shape of its `logits` is (0, 0).
    """

    hidden: Vectors
    logits: Logits


class Encoder(Protocol):
    """A loaded model. Used from one thread at a time."""

    def infer(self, batch: EncoderBatch) -> EncoderOutput: ...

    def padded_length(self, tokens: int) -> int:
        """How many tokens the engine computes if asked for so many."""
        ...

    def describe(self) -> dict[str, Any]:
        """What a person wants to know: name, library version, threads, execution precision, device."""
        ...
