"""From torch to OpenVINO IR, at a chosen precision."""

import warnings
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import bert_server.packaging.no_reports  # isort: skip  # noqa: F401  must come before what it silences

import nncf
import openvino
import torch

from bert_server.bundle.manifest import Precision
from bert_server.engines.protocol import Ids
from bert_server.packaging.reference import MaskedHead, TorchReference
from bert_server.tokenization import EncodedText

INPUT_NAMES = ("input_ids", "attention_mask", "mask_positions")
CALIBRATION_TEXTS = 300


def export_ir(reference: TorchReference) -> openvino.Model:
    """Inputs as in `MaskedLanguageModel.logits`, all dimensions dynamic."""
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


def quantize(model: openvino.Model, texts: Iterable[EncodedText]) -> openvino.Model:
    """Weights and activations as int8, ranges taken from `texts`; the layers that suffer stay in floating point."""
    samples = [feed(text) for text in texts][:CALIBRATION_TEXTS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nncf.quantize(
            model, nncf.Dataset(samples), model_type=nncf.ModelType.TRANSFORMER, subset_size=len(samples)
        )


def feed(text: EncodedText) -> dict[str, Ids]:
    return dict(zip(INPUT_NAMES, (text.ids, text.attention_mask, text.mask_positions), strict=True))


def save_ir(model: openvino.Model, file: Path, precision: Precision) -> None:
    """Write `file` and the weights beside it, free of notes on how and when it was made."""
    # Half the size; the weights lose no more than bf16 arithmetic drops anyway.
    openvino.save_model(model, file, compress_to_fp16=precision is Precision.BF16)
    document = ElementTree.parse(file)  # noqa: S314  written by the line above
    root = document.getroot()
    for notes in root.findall("rt_info"):
        root.remove(notes)
    document.write(file, encoding="utf-8", xml_declaration=True)
