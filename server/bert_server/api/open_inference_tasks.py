"""What a model does for the Open Inference Protocol: the outputs that are asked for say which task it is."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from msgspec import Struct

from bert_server.api.fill_mask import MAX_CANDIDATES, MAX_TOP_K
from bert_server.api.problems import ProblemError, unprocessable
from bert_server.api.tensors import InferRequest, Output, Parameters
from bert_server.bundle.manifest import Task
from bert_server.inference.jobs import Pooling
from bert_server.models import EncoderModel, Model
from bert_server.tasks.features import extract_features
from bert_server.tasks.fill_mask import DEFAULT_TOP_K, FilledText, fill_masks
from bert_server.tasks.resources import Resources
from bert_server.tasks.translate import TranslateOptions, translate

Value = TypeVar("Value")

TEXT, CANDIDATES = "text", "candidates"
# Of every task; what the protocol's clients add by themselves.
_COMMON_PARAMETERS = frozenset({"binary_data_output"})
_PARAMETERS = {
    Task.FILL_MASK: frozenset({"top_k"}),
    Task.FEATURE_EXTRACTION: frozenset({"pooling", "normalize", "truncate"}),
    Task.TRANSLATE: frozenset[str](),
}


class TensorMetadata(Struct):
    """-1 in `shape` is a number that depends on the request."""

    name: str
    datatype: str
    shape: list[int]


class Asked(NamedTuple):
    """What was sent; `candidates` is empty if there is no such input."""

    texts: list[str]
    candidates: list[str]
    parameters: Parameters


def inputs_of(model: Model) -> list[TensorMetadata]:
    """`candidates` may be left out."""
    text = TensorMetadata(TEXT, "BYTES", [-1])
    return [text, TensorMetadata(CANDIDATES, "BYTES", [-1])] if Task.FILL_MASK in model.manifest.tasks else [text]


def outputs_of(model: Model) -> list[TensorMetadata]:
    """Those of all tasks of the model. Rows of `candidates` and `scores` are masks, `text_index` says of which text."""
    return [tensor for task in _tasks(model) for tensor in _task_outputs(model, task)]


async def perform(
    model: Model, request: InferRequest, texts: Mapping[str, list[str]], *, limit: int, resources: Resources
) -> tuple[list[Output], Parameters]:
    """The outputs asked for (all of the task if none are), and what the answer says beside them.

    Without outputs it is the model's first task. Raises ProblemError, and what the tasks do.
    """
    names = [output.name for output in request.outputs]
    task = _task(model, names)
    asked = Asked(_texts(texts, limit, task), texts.get(CANDIDATES, []), request.parameters)
    _check_parameters(asked.parameters, task)
    outputs, parameters = await _perform(model, task, asked, resources)
    return [output for output in outputs if not names or output.name in names], parameters


async def _perform(model: Model, task: Task, asked: Asked, resources: Resources) -> tuple[list[Output], Parameters]:
    if not isinstance(model, EncoderModel):
        translated = await translate(model, asked.texts, TranslateOptions(), resources)
        return [Output("translation", (len(translated),), [text.translation for text in translated])], {}
    if task is Task.FILL_MASK:
        return await _fill_masks(model, asked, resources)
    features = await extract_features(
        model,
        asked.texts,
        pooling=_pooling(asked.parameters),
        normalize=_parameter(asked.parameters, "normalize", False),
        truncate=_parameter(asked.parameters, "truncate", False),
        resources=resources,
    )
    vectors = np.stack(features.vectors)
    return [Output("features", vectors.shape, vectors)], _cut_texts(features.truncated)


async def _fill_masks(model: EncoderModel, asked: Asked, resources: Resources) -> tuple[list[Output], Parameters]:
    top_k = _parameter(asked.parameters, "top_k", DEFAULT_TOP_K)
    if not 1 <= top_k <= MAX_TOP_K:
        raise unprocessable(
            "invalid-request",
            f"top_k is {top_k}, it must be 1 to {MAX_TOP_K}",
            {"field": "top_k", "limit": MAX_TOP_K, "actual": top_k},
        )
    filled = await fill_masks(
        model,
        asked.texts,
        top_k=top_k if "top_k" in asked.parameters else None,
        candidates=asked.candidates,
        resources=resources,
    )
    return _fill_mask_outputs(filled), _cut_texts([index for index, text in enumerate(filled) if text.window])


def _fill_mask_outputs(filled: Sequence[FilledText]) -> list[Output]:
    masks = [mask for text in filled for mask in text.masks]
    shape = (len(masks), len(masks[0]))
    return [
        Output("candidates", shape, [candidate.token for mask in masks for candidate in mask]),
        Output("scores", shape, np.array([[candidate.score for candidate in mask] for mask in masks], np.float32)),
        Output("text_index", shape[:1], np.repeat(np.arange(len(filled)), [len(t.masks) for t in filled]).astype("i4")),
    ]


def _cut_texts(indices: Sequence[int]) -> Parameters:
    """Parameters hold no lists."""
    return {"cut_texts": ",".join(map(str, indices))} if indices else {}


def _tasks(model: Model) -> list[Task]:
    """Those that have a form here, the one that is meant by default first."""
    return [task for task in _PARAMETERS if task in model.manifest.tasks]


def _task_outputs(model: Model, task: Task) -> list[TensorMetadata]:
    if task is Task.FILL_MASK:
        pairs = [TensorMetadata("candidates", "BYTES", [-1, -1]), TensorMetadata("scores", "FP32", [-1, -1])]
        return [*pairs, TensorMetadata("text_index", "INT32", [-1])]
    if isinstance(model, EncoderModel):
        return [TensorMetadata("features", "FP32", [-1, model.manifest.hidden_size])]
    return [TensorMetadata("translation", "BYTES", [-1])]


def _task(model: Model, names: Sequence[str]) -> Task:
    for task in _tasks(model):
        if {tensor.name for tensor in _task_outputs(model, task)}.issuperset(names):
            return task
    known = "; or ".join(", ".join(tensor.name for tensor in _task_outputs(model, task)) for task in _tasks(model))
    raise unprocessable(
        "unknown-output",
        f"outputs {', '.join(names)} cannot be had together from model {model.manifest.name}; it gives {known}",
        {"field": "outputs"},
    )


def _texts(texts: Mapping[str, list[str]], limit: int, task: Task) -> list[str]:
    known = {TEXT, CANDIDATES} if task is Task.FILL_MASK else {TEXT}
    if unknown := texts.keys() - known:
        name = min(unknown)
        raise unprocessable("unknown-input", f"{task} has no input {name}", {"field": name})
    for name, most in ((TEXT, limit), (CANDIDATES, MAX_CANDIDATES)):
        found = len(texts.get(name, ()))
        if found > most or (name in texts and not found):
            raise _wrong_number(name, most, found)
    if TEXT not in texts:
        raise _wrong_number(TEXT, limit, 0)
    return texts[TEXT]


def _wrong_number(name: str, most: int, actual: int) -> ProblemError:
    return unprocessable(
        "wrong-number",
        f"input {name} has {actual} elements, it must have 1 to {most}",
        {"field": name, "limit": most, "actual": actual},
    )


def _check_parameters(parameters: Parameters, task: Task) -> None:
    known = _PARAMETERS[task] | _COMMON_PARAMETERS
    if unknown := parameters.keys() - known:
        name = min(unknown)
        raise unprocessable(
            "unknown-parameter", f"{task} has no parameter {name}; it knows {', '.join(sorted(known))}", {"field": name}
        )


def _parameter(parameters: Parameters, name: str, default: Value) -> Value:
    value: Any = parameters.get(name, default)
    if type(value) is not type(default):
        raise unprocessable(
            "invalid-request", f"{name} is {value!r}, it must be a {type(default).__name__}", {"field": name}
        )
    found: Value = value
    return found


def _pooling(parameters: Parameters) -> Pooling:
    asked = _parameter(parameters, "pooling", str(Pooling.CLS))
    if asked not in set(Pooling):
        raise unprocessable(
            "invalid-request", f"pooling is {asked!r}, it must be one of {', '.join(Pooling)}", {"field": "pooling"}
        )
    return Pooling(asked)
