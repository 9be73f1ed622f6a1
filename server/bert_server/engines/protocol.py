"""What the server asks of an inference library."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]


class MaskedLanguageModel(Protocol):
    """A loaded model. Used from one thread at a time."""

    def logits(self, input_ids: Ids, attention_mask: Ids, mask_positions: Ids) -> Logits:
        """Scores of every token of the vocabulary, for the masked places only.

        `input_ids` and `attention_mask` have the shape (batch, tokens); `mask_positions` has the shape (masks, 2),
        each row a place (index in the batch, index of the token). Returns shape (masks, vocabulary), a row for each
        row of `mask_positions`; the caller owns it.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """What a person wants to know: name, library version, threads, execution precision."""
        ...
