"""From torch to OpenVINO IR, at a chosen precision."""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import bert_server.no_reports  # isort: skip  # noqa: F401  before what it silences

import nncf
import openvino
import torch

from bert_server.bundle.manifest import Precision
from bert_server.engines.protocol import Ids
from bert_server.packaging.reference import MaskedHead, TorchReference
from bert_server.tokenization import EncodedText

INPUT_NAMES = ("input_ids", "attention_mask", "mask_positions")
CALIBRATION_TEXTS = 300
_RUNNING_NUMBER = re.compile(r"_\d+")


def export_ir(reference: TorchReference, precision: Precision, texts: Sequence[EncodedText], file: Path) -> None:
    """Write the reference model as IR with the inputs of `MaskedLanguageModel.logits`; `texts` calibrate int8."""
    model = _convert(reference)
    _save(_quantize(model, texts) if precision is Precision.INT8 else model, file, precision)


def _convert(reference: TorchReference) -> openvino.Model:
    """All dimensions stay dynamic."""
    example = {
        "input_ids": torch.tensor([[2, 4, 5, 3], [2, 5, 4, 3]]),
        "attention_mask": torch.ones(2, 4, dtype=torch.int64),
        "mask_positions": torch.tensor([[0, 1], [1, 2]]),
    }
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns about branches on shapes; agreement is measured after
        model = openvino.convert_model(MaskedHead(reference.model).eval(), example_input=example)
    for node, name in zip(model.inputs, INPUT_NAMES, strict=True):
        node.get_tensor().set_names({name})
    return model


def _quantize(model: openvino.Model, texts: Sequence[EncodedText]) -> openvino.Model:
    """Weights and activations as int8, ranges taken from `texts`; the layers that suffer stay in floating point."""
    samples = [_feed(text) for text in texts[:CALIBRATION_TEXTS]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nncf.quantize(
            model, nncf.Dataset(samples), model_type=nncf.ModelType.TRANSFORMER, subset_size=len(samples)
        )


def _feed(text: EncodedText) -> dict[str, Ids]:
    return dict(zip(INPUT_NAMES, (text.ids, text.attention_mask, text.mask_positions), strict=True))


def _save(model: openvino.Model, file: Path, precision: Precision) -> None:
    """Write `file` and the weights beside it, so that the same model always gives the same bytes."""
    # Half the size; the weights lose no more than bf16 arithmetic drops anyway.
    openvino.save_model(model, file, compress_to_fp16=precision is Precision.BF16)
    document = ElementTree.parse(file)  # noqa: S314  written by the line above
    root = document.getroot()
    _strip_accidents(root)
    document.write(file, encoding="utf-8", xml_declaration=True)


def _strip_accidents(root: ElementTree.Element) -> None:
    """Remove what depends on when and where the graph was built: notes, and the library's running numbers in names."""
    root.set("name", "model")
    for notes in root.findall("rt_info"):
        root.remove(notes)
    for layer in root.iter("layer"):
        layer.set("name", f"{_RUNNING_NUMBER.sub('', layer.attrib['name'])}:{layer.attrib['id']}")
