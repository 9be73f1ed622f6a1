"""Rounding input shapes up to a few sizes.

OpenVINO's CPU plugin compiles and keeps kernels for every shape that it meets: without rounding, a small model that
has seen each length up to 512 holds 1.5 GB, and each new length costs some 15 ms.
"""

import numpy as np

from bert_server.engines.protocol import Ids

STEPS_PER_DOUBLING = 4
SMALLEST_STEP = 8


def rounded_length(tokens: int, longest: int) -> int:
    """The next of 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, ...: never more than a quarter is padding
    beyond 32 tokens. At most `longest`, which is what the model takes."""
    octave = 1 << max(0, (tokens - 1).bit_length() - 1)
    step = max(SMALLEST_STEP, octave // STEPS_PER_DOUBLING)
    return min(longest, -(-tokens // step) * step)


def pad_tokens(ids: Ids, length: int) -> Ids:
    """Zeros to the right: padding for token ids, "do not look" for an attention mask. Shape (batch, length)."""
    if ids.shape[1] == length:
        return ids
    padded = np.zeros((ids.shape[0], length), dtype=ids.dtype)
    padded[:, : ids.shape[1]] = ids
    return padded


def pad_rows(positions: Ids) -> Ids:
    """Repeat the last row until the number of rows is a power of two."""
    missing = (1 << (len(positions) - 1).bit_length()) - len(positions)
    return np.concatenate([positions, np.repeat(positions[-1:], missing, axis=0)]) if missing else positions
