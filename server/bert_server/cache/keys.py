"""The key of a job: equal exactly when the answers must be equal."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np

from bert_server.inference.jobs import FeatureJob, FillMaskJob, Job, TokenIds, TranslateJob

DIGEST_BYTES = 20  # two of 2**60 different jobs meet with a probability of less than one in a billion billion
# Part of every key. Raise it when the same job gets another answer, or the same answer another form of bytes.
FORMAT_VERSION = 1

# MessagePack gives every value its type and length, so that no two different tuples have the same bytes.
_ENCODE = msgspec.msgpack.Encoder().encode


class ModelScope(NamedTuple):
    """What decides a model's answers: its bundle, and how the engine computes (library, precision, device)."""

    fingerprint: str
    execution: str


class CacheKeys:
    """Keys for the jobs of these models, by name. The name itself has no part in a key."""

    def __init__(self, scopes: Mapping[str, ModelScope]) -> None:
        self._scopes = {name: _digest(_ENCODE((FORMAT_VERSION, *scope))) for name, scope in scopes.items()}

    def of(self, job: Job) -> bytes:
        """`DIGEST_BYTES` bytes, the same in every process."""
        return _digest(_ENCODE((self._scopes[job.model], *_content(job))))


def _content(job: Job) -> tuple[object, ...]:
    if isinstance(job, FillMaskJob):
        return ("fill-mask", job.mask_positions, job.top_k, job.candidates, _bytes(job.token_ids))
    if isinstance(job, FeatureJob):
        return ("feature", job.pooling, _bytes(job.token_ids))
    return _translate_content(job)


def _translate_content(job: TranslateJob) -> tuple[object, ...]:
    # 1 and 1.0 are the same exponent, but not the same bytes.
    length_penalty = float(job.length_penalty)
    return ("translate", job.beam_size, job.max_output_tokens, length_penalty, _bytes(job.token_ids))


def _bytes(token_ids: TokenIds) -> bytes:
    return np.asarray(token_ids, dtype="<i8").tobytes()


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).digest()
