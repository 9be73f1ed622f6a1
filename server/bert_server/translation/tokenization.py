"""From a sentence to the pieces that a translator knows, and back to text."""

import json
from pathlib import Path

import numpy as np
from sentencepiece import SentencePieceProcessor

from bert_server.errors import BundleError
from bert_server.inference.jobs import TokenIds
from bert_server.translation.cleaning import clean_pieces, clean_text

SOURCE_PIECES_FILE = "source.spm"
TARGET_PIECES_FILE = "target.spm"
VOCABULARY_FILE = "shared_vocabulary.json"
END = "</s>"
UNKNOWN = "<unk>"


class TranslationTokenizer:
    """The SentencePiece models of a bundle, and the vocabulary that numbers the pieces of both. Thread-safe.

    Raises BundleError if the files do not belong together.
    """

    def __init__(self, directory: Path, *, max_tokens: int) -> None:
        self.max_tokens = max_tokens
        self._source = _read_pieces(directory / SOURCE_PIECES_FILE)
        self._target = _read_pieces(directory / TARGET_PIECES_FILE)
        self._pieces = _read_vocabulary(directory / VOCABULARY_FILE)
        self._ids = {piece: number for number, piece in enumerate(self._pieces)}
        self.unknown_id = self._ids[UNKNOWN]
        self.end_id = self._ids[END]

    @property
    def vocabulary_size(self) -> int:
        return len(self._pieces)

    def encode(self, sentence: str) -> TokenIds:
        """The ids of the sentence's pieces and of the end mark. Shape (tokens,); nothing is cut."""
        pieces = [*self._source.encode(sentence, out_type=str), END]
        return np.array([self._ids.get(piece, self.unknown_id) for piece in pieces], dtype=np.int64)

    def decode(self, token_ids: tuple[int, ...]) -> str:
        """Clean text of the target language; empty if nothing but marks was said."""
        pieces = clean_pieces([self.piece(token_id) for token_id in token_ids])
        return clean_text(str(self._target.decode(pieces)) if pieces else "")

    def piece(self, token_id: int) -> str:
        """As the vocabulary writes it, `▁` for a space included."""
        return self._pieces[token_id]

    def token_id(self, piece: str) -> int:
        return self._ids.get(piece, self.unknown_id)


def _read_pieces(file: Path) -> SentencePieceProcessor:
    processor = SentencePieceProcessor()
    try:
        processor.load_from_serialized_proto(file.read_bytes())
    except (OSError, RuntimeError) as error:
        raise BundleError(f"{file} is no SentencePiece model: {error}; package the model again") from error
    return processor


def _read_vocabulary(file: Path) -> list[str]:
    try:
        pieces = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise BundleError(f"{file} is no vocabulary: {error}; package the model again") from error
    if not isinstance(pieces, list) or not {END, UNKNOWN} <= set(pieces):
        raise BundleError(f"{file} is no list of pieces with {END} and {UNKNOWN} in it; package the model again")
    return pieces
