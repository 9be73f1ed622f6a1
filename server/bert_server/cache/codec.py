"""Results as bytes, for memory and for Redis."""

from typing import Final

import msgspec
import numpy as np

from bert_server.inference.jobs import FeatureJob, FillMaskJob, Job, JobResult, MaskResult, Translation

_VECTOR: Final = np.dtype("<f4")
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_MASKS: Final = msgspec.msgpack.Decoder(MaskResult)
_TRANSLATION: Final = msgspec.msgpack.Decoder(Translation)


def encode(result: JobResult) -> bytes:
    """Vectors as raw little-endian float32, everything else as MessagePack."""
    return result.astype(_VECTOR, copy=False).tobytes() if isinstance(result, np.ndarray) else _ENCODE(result)


def decode(content: bytes, job: Job) -> JobResult:
    """The result of `job` that `encode` made `content` of; vectors are read-only.

    Raises ValueError or msgspec.DecodeError if it cannot be that.
    """
    if isinstance(job, FeatureJob):
        return np.frombuffer(content, dtype=_VECTOR)
    if isinstance(job, FillMaskJob):
        masks = _MASKS.decode(content)
        if len(masks) != len(job.mask_positions):
            raise ValueError(f"{len(masks)} rows for {len(job.mask_positions)} masks")
        return masks
    return _TRANSLATION.decode(content)
