"""Semantic similarity: how alike the vectors of two texts are."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bert_server.bundle.manifest import Task
from bert_server.calls import Prediction, Stage, current_call
from bert_server.inference.jobs import Pooling, Vector
from bert_server.models import EncoderModel
from bert_server.tasks.features import extract_features
from bert_server.tasks.resources import Resources


class Similarities(NamedTuple):
    """A score from 0 to 1 for each of the others; `truncated` are indices of texts that were cut, the first being
    the text that all others were compared with."""

    scores: list[float]
    truncated: list[int]


async def compare(
    model: EncoderModel, text: str, others: Sequence[str], *, pooling: Pooling, truncate: bool, resources: Resources
) -> Similarities:
    """The text against each of the others.

    Indices of an InputError count the text as 0 and the others from 1. Raises also what `Inference.compute` does.
    """
    features = await extract_features(
        model, [text, *others], pooling=pooling, normalize=False, truncate=truncate, resources=resources
    )
    call = current_call.get()
    with call.stage(Stage.POSTPROCESS):
        first, *rest = features.vectors
        scores = [similarity(first, other) for other in rest]
        call.prediction = Prediction(Task.SEMANTIC_SIMILARITY, None, scores[0])
        return Similarities(scores, features.truncated)


def similarity(first: Vector, second: Vector) -> float:
    """max(0, cosine), from 0 to 1, to six decimals.

    The plain cosine, so that it can be compared with other tools'; directions that are opposed are simply not alike.
    A vector of zeros is like nothing.
    """
    a, b = first.astype(np.float64), second.astype(np.float64)
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    cosine = float(a @ b) / lengths if lengths else 0.0
    return round(min(max(cosine, 0.0), 1.0), 6)
