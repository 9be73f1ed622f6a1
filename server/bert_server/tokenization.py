"""From text to token ids, and back to the vocabulary's entries."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from bert_server.inference.jobs import TokenIds

# `[CLS]` before a text and `[SEP]` behind it.
FRAME_TOKENS = 2
# Texts that were encoded lately are remembered: what is asked again costs a look-up instead of a tenth of a
# millisecond, half of all that an answer from the cache takes. Some 6 MB at most.
REMEMBERED_TEXTS = 2048
REMEMBERED_CHARACTERS = 256


class TextEncoder:
    """The bundle's own tokenizer. Thread-safe.

    `max_tokens` is what the model takes, the two tokens that frame each text included; `encode` does not mind it.
    """

    def __init__(self, tokenizer_file: Path, *, mask_token: str | None, max_tokens: int) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokens: dict[int, str] = {}  # those asked for so far: some 2 MB if all are
        self._mask_id = None if mask_token is None else self.token_id(mask_token)
        self._before, self._behind = self._tokenizer.encode("").ids
        self._encode_again = lru_cache(REMEMBERED_TEXTS)(self._encode)
        self.mask_token = mask_token
        self.max_tokens = max_tokens

    def token(self, token_id: int) -> str:
        """The entry of the vocabulary, as it stands there."""
        known = self._tokens.get(token_id)
        if known is None:
            known = self._tokens[token_id] = str(self._tokenizer.id_to_token(token_id))
        return known

    def token_id(self, token: str) -> int | None:
        """The id of an entry of the vocabulary; None if it is none."""
        token_id: int | None = self._tokenizer.token_to_id(token)
        return token_id

    def encode(self, text: str) -> TokenIds:
        """The ids of the whole text, framed, however long; the shape is (tokens,). Not to be written to."""
        return self._encode_again(text) if len(text) <= REMEMBERED_CHARACTERS else self._encode(text)

    def framed(self, token_ids: list[int]) -> TokenIds:
        """The same ids as `encode` would give, from a caller who has tokenized already, with or without the frame."""
        has_frame = len(token_ids) >= FRAME_TOKENS and (token_ids[0], token_ids[-1]) == (self._before, self._behind)
        return np.array(token_ids if has_frame else [self._before, *token_ids, self._behind], dtype=np.int64)

    def mask_positions(self, token_ids: TokenIds) -> list[int]:
        """The places of the masks, in ascending order."""
        if self._mask_id is None:
            return []
        positions: list[int] = (token_ids == self._mask_id).nonzero()[0].tolist()
        return positions

    def _encode(self, text: str) -> TokenIds:
        return np.array(self._tokenizer.encode(text).ids, dtype=np.int64)
