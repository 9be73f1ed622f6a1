"""The checkpoint as `transformers` runs it: the truth that a bundle is measured against."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoTokenizer, BertForMaskedLM
from transformers.utils import logging as transformers_logging

from bert_server.engines.protocol import Ids, Logits
from bert_server.errors import PackagingError
from bert_server.packaging.checkpoint import Checkpoint


class MaskedHead(nn.Module):  # type: ignore[misc]  # mypy does not look into torch
    """The model with its vocabulary head evaluated at the masked places only.

    The head of bert-base-chinese multiplies each row by a 768 x 21,128 matrix, as much work as two layers.
    """

    def __init__(self, model: BertForMaskedLM) -> None:
        super().__init__()
        self._model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor, mask_positions: Tensor) -> Tensor:
        """Shapes as in `MaskedLanguageModel.logits`."""
        hidden = self._model.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        rows: Tensor = self._model.cls(hidden[mask_positions[:, 0], mask_positions[:, 1]])
        return rows


class TorchReference:
    """The fp32 model behind the engines' protocol, with the full head, exactly as published."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        transformers_logging.disable_progress_bar()
        transformers_logging.set_verbosity_error()
        # Random heads would answer nonsense with confidence, so missing weights must not pass.
        self.model, loading = BertForMaskedLM.from_pretrained(
            checkpoint.directory, use_safetensors=True, local_files_only=True, output_loading_info=True
        )
        if loading["missing_keys"]:
            missing = ", ".join(sorted(loading["missing_keys"])[:3])
            raise PackagingError(f"{checkpoint.reference} is no masked language model: it has no weights for {missing}")
        self.model.eval()

    def logits(self, input_ids: Ids, attention_mask: Ids, mask_positions: Ids) -> Logits:
        with torch.inference_mode():
            scores = self.model(torch.from_numpy(input_ids), torch.from_numpy(attention_mask)).logits
        rows: Logits = scores.numpy()[mask_positions[:, 0], mask_positions[:, 1]].astype(np.float32)
        return rows

    def describe(self) -> dict[str, object]:
        return {"name": "torch", "library_version": torch.__version__, "threads": torch.get_num_threads()}


def max_tokens_of(checkpoint: Checkpoint) -> int:
    """Longest input of the model, special tokens included."""
    config = json.loads((checkpoint.directory / "config.json").read_bytes())
    return int(config["max_position_embeddings"])


def write_tokenizer(checkpoint: Checkpoint, file: Path) -> str:
    """Write the checkpoint's tokenizer as one tokenizer.json; returns its mask token."""
    tokenizer = AutoTokenizer.from_pretrained(checkpoint.directory, local_files_only=True)
    if not tokenizer.mask_token:
        raise PackagingError(f"the tokenizer of {checkpoint.reference} has no mask token; fill-mask needs one")
    tokenizer.backend_tokenizer.save(str(file), pretty=False)
    return str(tokenizer.mask_token)
