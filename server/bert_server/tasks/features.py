"""Feature extraction: one vector for each text."""

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np

from bert_server.bundle.manifest import Task
from bert_server.calls import Prediction, Stage, current_call
from bert_server.inference.jobs import FeatureJob, Pooling, TokenIds, Vector
from bert_server.models import EncoderModel
from bert_server.tasks.errors import InputError, too_long
from bert_server.tasks.resources import Resources
from bert_server.tokenization import TextEncoder


class Encoded(NamedTuple):
    """`truncated` are the indices of the texts whose ends were cut off."""

    token_ids: list[TokenIds]
    truncated: list[int]


class Features(NamedTuple):
    """A vector of the model's hidden size for each text, and how many tokens each has; `truncated` as in Encoded."""

    vectors: list[Vector]
    tokens: list[int]
    truncated: list[int]


async def extract_features(
    model: EncoderModel,
    texts: Sequence[str],
    *,
    pooling: Pooling,
    normalize: bool,
    truncate: bool,
    resources: Resources,
) -> Features:
    """A text that is too long is refused, unless `truncate`. Raises InputError, and what `Inference.compute` does."""
    encoded = await resources.tokenize(lambda texts: _encode(model.tokenizer, texts, truncate=truncate), texts)
    return await features_of(model, encoded, pooling=pooling, normalize=normalize, resources=resources)


async def features_of(
    model: EncoderModel, encoded: Encoded, *, pooling: Pooling, normalize: bool, resources: Resources
) -> Features:
    """As `extract_features`, of texts that have been tokenized."""
    jobs = [FeatureJob(model.manifest.name, token_ids, pooling) for token_ids in encoded.token_ids]
    vectors = cast(list[Vector], await resources.compute(jobs))
    call = current_call.get()
    call.prediction = Prediction(Task.FEATURE_EXTRACTION, vectors[0], None)
    if normalize:
        with call.stage(Stage.POSTPROCESS):
            vectors = [unit_vector(vector) for vector in vectors]
    return Features(vectors, [len(token_ids) for token_ids in encoded.token_ids], encoded.truncated)


def fitted(encoder: TextEncoder, texts_token_ids: Sequence[TokenIds], *, truncate: bool) -> Encoded:
    """What is too long cut to what the model takes, its last token kept; raises InputError unless `truncate`."""
    limit = encoder.max_tokens
    too_many = [index for index, token_ids in enumerate(texts_token_ids) if len(token_ids) > limit]
    if too_many and not truncate:
        index = too_many[0]
        raise too_long(
            index, limit=limit, actual=len(texts_token_ids[index]), advice="shorten it, or let it be cut (truncate)"
        )
    fitting = list(texts_token_ids)
    for index in too_many:
        fitting[index] = np.concatenate([fitting[index][: limit - 1], fitting[index][-1:]])
    return Encoded(fitting, too_many)


def unit_vector(vector: Vector) -> Vector:
    """The vector divided by its length; a vector of zeros stays one."""
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length else vector


def _encode(encoder: TextEncoder, texts: Sequence[str], *, truncate: bool) -> Encoded:
    for index, text in enumerate(texts):
        if not text.strip():
            raise InputError("empty-text", "is empty; send a sentence", index=index)
    return fitted(encoder, [encoder.encode(text) for text in texts], truncate=truncate)
