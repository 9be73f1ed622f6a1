"""The checkpoint's own weights on torch: exact on a CPU, fast on a GPU."""

from pathlib import Path
from typing import Any

import torch
from transformers import BertForMaskedLM, BertModel
from transformers.utils import logging as transformers_logging

from bert_server.engines.protocol import EncoderBatch, EncoderOutput, Logits
from bert_server.engines.shapes import exact_input
from bert_server.engines.torch_engine.graph import MaskedGraph, graph_of


class TorchEngine:
    """bf16 on a GPU if there is one, else fp32 on the CPU with `threads` threads.

    `directory` is a bundle with the checkpoint's weights. Raises OSError if there are none.
    """

    def __init__(self, directory: Path, *, has_head: bool, threads: int) -> None:
        transformers_logging.disable_progress_bar()
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._dtype = torch.bfloat16 if self._device.type == "cuda" else torch.float32
        torch.set_num_threads(threads)
        options: dict[str, Any] = {"use_safetensors": True, "local_files_only": True, "dtype": self._dtype}
        if has_head:
            model = BertForMaskedLM.from_pretrained(directory, **options)
        else:
            model = BertModel.from_pretrained(directory, add_pooling_layer=False, **options)
        self._graph = graph_of(model.to(self._device))

    def infer(self, batch: EncoderBatch) -> EncoderOutput:
        inputs = {name: torch.from_numpy(ids).to(self._device) for name, ids in exact_input(batch)._asdict().items()}
        with torch.inference_mode():
            if isinstance(self._graph, MaskedGraph):
                hidden, logits = self._graph(**inputs)
            else:
                del inputs["head_rows"]
                hidden, logits = self._graph(**inputs), torch.zeros(0, 0)
        return EncoderOutput(_array(hidden), _array(logits))

    def padded_length(self, tokens: int) -> int:
        return tokens

    def describe(self) -> dict[str, Any]:
        is_gpu = self._device.type == "cuda"
        return {
            "name": "torch",
            "library_version": str(torch.__version__),
            "device": torch.cuda.get_device_name(self._device) if is_gpu else "cpu",
            "precision": "bf16" if is_gpu else "fp32",
            "threads": torch.get_num_threads(),
            "execution_precision": str(self._dtype).removeprefix("torch."),
        }


def _array(tensor: torch.Tensor) -> Logits:
    array: Logits = tensor.float().cpu().numpy()
    return array


def has_gpu() -> bool:
    return bool(torch.cuda.is_available())
