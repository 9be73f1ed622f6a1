"""The checkpoint as `transformers` runs it: the truth that a bundle is measured against."""

from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer, BertForMaskedLM, BertModel
from transformers.utils import logging as transformers_logging

from bert_server.engines.protocol import EncoderBatch, EncoderOutput
from bert_server.errors import PackagingError
from bert_server.packaging.checkpoint import Checkpoint


class TorchReference:
    """The fp32 model behind the engines' protocol: one sequence at a time, all layers, exactly as published.

    `model` is a BertForMaskedLM, or a BertModel if the checkpoint has no vocabulary head.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        # Sums are added up in the same order on every machine; and threads that wait for each other on a busy machine
        # are slower than one.
        torch.set_num_threads(1)
        self.model = load_model(checkpoint)

    @property
    def has_head(self) -> bool:
        return isinstance(self.model, BertForMaskedLM)

    def infer(self, batch: EncoderBatch) -> EncoderOutput:
        sequences = np.split(batch.token_ids, np.cumsum(batch.lengths)[:-1])
        with torch.inference_mode():
            hidden = torch.cat([self._last_hidden(torch.from_numpy(ids)) for ids in sequences])[batch.rows]
            logits = self.model.cls(hidden[batch.head_rows]) if self.has_head else torch.zeros(0, 0)
        return EncoderOutput(hidden.numpy(), logits.numpy())

    def padded_length(self, tokens: int) -> int:
        return tokens

    def describe(self) -> dict[str, Any]:
        return {"name": "transformers", "library_version": torch.__version__, "threads": torch.get_num_threads()}

    def _last_hidden(self, token_ids: torch.Tensor) -> torch.Tensor:
        bert = self.model.bert if self.has_head else self.model
        hidden: torch.Tensor = bert(input_ids=token_ids[None]).last_hidden_state[0]
        return hidden


def load_model(checkpoint: Checkpoint) -> BertForMaskedLM | BertModel:
    """With the vocabulary head if the checkpoint has one. Raises PackagingError if it lacks other weights."""
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    options = {"use_safetensors": True, "local_files_only": True, "output_loading_info": True}
    model, loading = BertForMaskedLM.from_pretrained(checkpoint.directory, **options)
    missing = sorted(loading["missing_keys"])
    if missing and all(name.startswith("cls.") for name in missing):
        model, loading = BertModel.from_pretrained(checkpoint.directory, add_pooling_layer=False, **options)
        missing = sorted(loading["missing_keys"])
    # Random weights would answer nonsense with confidence.
    if missing:
        raise PackagingError(f"{checkpoint.reference} has no weights for {', '.join(missing[:3])}; it is incomplete")
    return model.eval()


def load_tokenizer(checkpoint: Checkpoint) -> Any:
    """The checkpoint's tokenizer, as `transformers` understands its files."""
    return AutoTokenizer.from_pretrained(checkpoint.directory, local_files_only=True)
