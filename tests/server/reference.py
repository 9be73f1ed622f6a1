"""What `transformers` computes from a checkpoint: what the server's answers are held against."""

from pathlib import Path

import numpy as np
import torch
from transformers import AutoTokenizer, BertForMaskedLM


class Reference:
    def __init__(self, directory: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
        self._model = BertForMaskedLM.from_pretrained(directory, local_files_only=True).eval()

    def hidden(self, text: str) -> np.ndarray:
        """The last hidden state, of the shape (tokens, hidden size)."""
        with torch.inference_mode():
            hidden = self._model.bert(**self.tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        states: np.ndarray = hidden.numpy()
        return states

    def probabilities(self, text: str) -> list[np.ndarray]:
        """Over the whole vocabulary, for each mask."""
        inputs = self.tokenizer(text, return_tensors="pt")
        masked = inputs["input_ids"][0] == self.tokenizer.mask_token_id
        with torch.inference_mode():
            return list(self._model(**inputs).logits[0, masked].softmax(-1).numpy())

    def best(self, text: str, top_k: int) -> list[list[tuple[str, float]]]:
        """For each mask the likeliest tokens with their probabilities."""
        return [self._best(row, top_k) for row in self.probabilities(text)]

    def _best(self, probabilities: np.ndarray, top_k: int) -> list[tuple[str, float]]:
        ids = np.argsort(-probabilities, kind="stable")[:top_k]
        return list(zip(self.tokenizer.convert_ids_to_tokens(ids.tolist()), probabilities[ids].tolist(), strict=True))
