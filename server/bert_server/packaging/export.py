"""From torch to OpenVINO IR, at a chosen precision."""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import bert_server.no_reports  # isort: skip  # noqa: F401  before what it silences

import nncf
import numpy as np
import openvino
import torch
from transformers import BertForMaskedLM, BertModel

from bert_server.bundle.manifest import Precision
from bert_server.engines.protocol import EncoderBatch, Ids
from bert_server.engines.shapes import exact_input
from bert_server.engines.torch_engine.graph import graph_of

CALIBRATION_TEXTS = 300
# Looking up rows gains nothing from int8; and left as they are, the plugin reads the rows right from the mapped file
# instead of keeping a copy of the table in fp32 (65 MB of bert-base-chinese).
LOOKUPS = r".*embeddings.*/Gather.*"
_RUNNING_NUMBER = re.compile(r"_\d+")


class Exporter:
    """Traces a model once, and writes it at several precisions."""

    def __init__(self, model: BertForMaskedLM | BertModel) -> None:
        self._has_head = isinstance(model, BertForMaskedLM)
        example = self._feed(
            EncoderBatch(np.array([2, 4, 5, 3, 2, 5, 3]), (4, 3), rows=np.array([1, 4, 5]), head_rows=np.array([0, 2]))
        )
        tensors = {name: torch.from_numpy(array) for name, array in example.items()}
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracer warns about branches on shapes; agreement is measured after
            self._model = openvino.convert_model(graph_of(model), example_input=tensors)
        for node, name in zip(self._model.inputs, example, strict=True):
            node.get_tensor().set_names({name})

    def write(self, file: Path, precision: Precision, calibration: Sequence[EncoderBatch]) -> None:
        """Write the graph to `file` and the weights beside it; the same model always gives the same bytes."""
        model = self._quantised(calibration) if precision is Precision.INT8 else self._model
        # Half the size; the weights lose no more than bf16 arithmetic drops anyway.
        openvino.save_model(model, file, compress_to_fp16=precision is Precision.BF16)
        document = ElementTree.parse(file)  # noqa: S314  written by the line above
        root = document.getroot()
        _strip_accidents(root)
        document.write(file, encoding="utf-8", xml_declaration=True)

    def _quantised(self, calibration: Sequence[EncoderBatch]) -> openvino.Model:
        """Weights and activations as int8, ranges taken from `calibration`; the layers that suffer stay as they are."""
        samples = [self._feed(batch) for batch in calibration[:CALIBRATION_TEXTS]]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return nncf.quantize(
                self._model.clone(),
                nncf.Dataset(samples),
                model_type=nncf.ModelType.TRANSFORMER,
                subset_size=len(samples),
                ignored_scope=nncf.IgnoredScope(patterns=[LOOKUPS]),
            )

    def _feed(self, batch: EncoderBatch) -> dict[str, Ids]:
        feed = exact_input(batch)._asdict()
        if not self._has_head:
            del feed["head_rows"]
        return feed


def _strip_accidents(root: ElementTree.Element) -> None:
    """Remove what depends on when and where the graph was built: notes, and the library's running numbers in names."""
    root.set("name", "model")
    for notes in root.findall("rt_info"):
        root.remove(notes)
    for layer in root.iter("layer"):
        layer.set("name", f"{_RUNNING_NUMBER.sub('', layer.attrib['name'])}:{layer.attrib['id']}")
