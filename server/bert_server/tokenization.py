"""From text to token ids, and where the masks are."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from bert_server.engines.protocol import Ids


class NoMaskError(Exception):
    """The text has nothing to fill in."""


class TooManyTokensError(Exception):
    """The text does not fit the model; it is never cut, because that could cut the mask away."""

    def __init__(self, limit: int, actual: int) -> None:
        super().__init__(f"{actual} tokens, at most {limit} fit")
        self.limit = limit
        self.actual = actual


@dataclass(frozen=True)
class EncodedText:
    """`ids` has the shape (1, tokens); `mask_positions` has the shape (masks, 2), rows (0, index of the token)."""

    ids: Ids
    mask_positions: Ids

    @property
    def attention_mask(self) -> Ids:
        return np.ones_like(self.ids)


class TextEncoder:
    """The bundle's own tokenizer. Thread-safe."""

    def __init__(self, tokenizer_file: Path, *, mask_token: str, max_tokens: int) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._mask_id = self._tokenizer.token_to_id(mask_token)
        self.mask_token = mask_token
        self.max_tokens = max_tokens

    @property
    def vocabulary_size(self) -> int:
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    def token(self, token_id: int) -> str:
        return str(self._tokenizer.id_to_token(token_id))

    def encode(self, text: str) -> EncodedText:
        """Raises NoMaskError or TooManyTokensError."""
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        if ids.shape[1] > self.max_tokens:
            raise TooManyTokensError(self.max_tokens, ids.shape[1])
        mask_positions = np.argwhere(ids == self._mask_id)
        if not len(mask_positions):
            raise NoMaskError
        return EncodedText(ids, mask_positions)
