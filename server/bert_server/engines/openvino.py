"""OpenVINO on the CPU."""

from pathlib import Path
from typing import Any, cast

import bert_server.no_reports  # isort: skip  # noqa: F401  before what it silences

import numpy as np
import openvino
import openvino.properties as ov_properties
import openvino.properties.hint as ov_hints

from bert_server.bundle.manifest import Precision
from bert_server.engines.protocol import EncoderBatch, EncoderOutput
from bert_server.engines.shapes import rounded_input, rounded_length

# Stated for every bundle: left alone, the plugin picks by CPU model, and answers would differ between machines.
_EXECUTION_PRECISION = {
    Precision.FP32: openvino.Type.f32,
    Precision.BF16: openvino.Type.bf16,
    Precision.INT8: openvino.Type.f32,  # of the few layers that are not quantised
}
_NO_LOGITS = np.zeros((0, 0), dtype=np.float32)
# Embedding and one layer end with so many normalisations.
_NORMALISATIONS_OF_ONE_LAYER = 3


def library_version() -> str:
    return str(openvino.__version__).split("-", maxsplit=1)[0]


class OpenVinoEngine:
    """One compiled model and one inference request: a single inference at a time uses all its threads.

    Raises RuntimeError if OpenVINO cannot read or compile the model.
    """

    def __init__(self, graph_file: Path, precision: Precision, *, threads: int, cache_dir: Path | None = None) -> None:
        self._precision = precision
        self._threads = threads
        self._request = compiled(graph_file, precision, threads, cache_dir)
        self._has_head = len(self._request.model_outputs) > 1

    def infer(self, batch: EncoderBatch) -> EncoderOutput:
        inputs = rounded_input(batch)._asdict()
        if not self._has_head:
            del inputs["head_rows"]
        outputs = self._request.infer(inputs, share_inputs=True, share_outputs=True)
        logits = outputs[1][: len(batch.head_rows)] if self._has_head else _NO_LOGITS
        return EncoderOutput(outputs[0][: len(batch.rows)], logits)

    def padded_length(self, tokens: int) -> int:
        return rounded_length(tokens)

    def describe(self) -> dict[str, Any]:
        return {
            "name": "openvino",
            "library_version": library_version(),
            "device": "cpu",
            "precision": str(self._precision),
            "threads": self._threads,
            "execution_precision": _EXECUTION_PRECISION[self._precision].get_type_name(),
        }


class FirstLayer:
    """The embedding and the first layer alone: compiled in a fraction of the time, and all layers are alike."""

    def __init__(self, graph_file: Path, precision: Precision, *, threads: int) -> None:
        model = openvino.Core().read_model(graph_file)
        normalisations = [node for node in model.get_ordered_ops() if node.get_type_name() == "MVN"]
        last = normalisations[min(len(normalisations), _NORMALISATIONS_OF_ONE_LAYER) - 1]
        part = openvino.Model([last.output(0)], model.get_parameters(), "first layer")
        self._inputs = [node.any_name for node in part.inputs]
        self._request = compiled(part, precision, threads, None)

    def infer(self, batch: EncoderBatch) -> None:
        inputs = rounded_input(batch)._asdict()
        self._request.infer({name: inputs[name] for name in self._inputs}, share_inputs=True, share_outputs=True)


def compiled(
    model: Path | openvino.Model, precision: Precision, threads: int, cache_dir: Path | None
) -> openvino.InferRequest:
    """As every inference here is made: for latency, and with the precision stated."""
    options: dict[Any, Any] = {
        ov_hints.performance_mode: ov_hints.PerformanceMode.LATENCY,
        ov_hints.inference_precision: _EXECUTION_PRECISION[precision],
        # Containers share cores; a pinned thread would queue behind a neighbour while other cores idle.
        ov_hints.enable_cpu_pinning: False,
        ov_properties.inference_num_threads: threads,
    }
    if cache_dir is not None:
        options[ov_properties.cache_dir] = str(cache_dir)
    return cast(openvino.InferRequest, openvino.Core().compile_model(model, "CPU", options).create_infer_request())
