"""OpenVINO on the CPU."""

from pathlib import Path
from typing import Any

import bert_server.no_reports  # isort: skip  # noqa: F401  before what it silences

import openvino
import openvino.properties as ov_properties
import openvino.properties.hint as ov_hints

from bert_server.bundle.manifest import Precision
from bert_server.engines.protocol import Ids, Logits
from bert_server.engines.shapes import pad_rows, pad_tokens, rounded_length

# Stated for every bundle: left alone, the plugin picks by CPU model, and answers would differ between machines.
_EXECUTION_PRECISION = {
    Precision.FP32: openvino.Type.f32,
    Precision.BF16: openvino.Type.bf16,
    Precision.INT8: openvino.Type.f32,  # of the few layers that are not quantised
}


class OpenVinoEngine:
    """One compiled model and one inference request: a single inference at a time uses all its threads."""

    def __init__(
        self, model_file: Path, precision: Precision, *, max_tokens: int, threads: int, cache_dir: Path | None = None
    ) -> None:
        core = openvino.Core()
        options: dict[Any, Any] = {
            ov_hints.performance_mode: ov_hints.PerformanceMode.LATENCY,
            ov_hints.inference_precision: _EXECUTION_PRECISION[precision],
            # Containers share cores; a pinned thread would queue behind a neighbour while other cores idle.
            ov_hints.enable_cpu_pinning: False,
            ov_properties.inference_num_threads: threads,
        }
        if cache_dir is not None:
            options[ov_properties.cache_dir] = str(cache_dir)
        self._max_tokens = max_tokens
        self._precision = _EXECUTION_PRECISION[precision]
        self._threads = threads
        self._request = core.compile_model(model_file, "CPU", options).create_infer_request()

    def logits(self, input_ids: Ids, attention_mask: Ids, mask_positions: Ids) -> Logits:
        length = rounded_length(input_ids.shape[1], self._max_tokens)
        inputs = {
            "input_ids": pad_tokens(input_ids, length),
            "attention_mask": pad_tokens(attention_mask, length),
            "mask_positions": pad_rows(mask_positions),
        }
        scores: Logits = self._request.infer(inputs, share_inputs=True)[0]
        return scores[: len(mask_positions)]

    def describe(self) -> dict[str, Any]:
        return {
            "name": "openvino",
            "library_version": openvino.__version__.split("-", maxsplit=1)[0],
            "threads": self._threads,
            "execution_precision": self._precision.get_type_name(),
        }
