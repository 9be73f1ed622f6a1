"""The arrays that a graph takes, and their few sizes.

OpenVINO's CPU plugin compiles and keeps kernels for every shape that it meets: some 6 MB and 15 ms for each number of
tokens of a model of bert-base's shape. So all sizes are rounded up to a few.
"""

from typing import NamedTuple

import numpy as np

from bert_server.engines.protocol import EncoderBatch, Ids

STEPS_PER_DOUBLING = 4
SMALLEST_STEP = 8
PADDING = -1  # the sequence of tokens that belong to none


class GraphInput(NamedTuple):
    """`token_ids`, `positions` (of each token in its sequence) and `sequences` (which one it belongs to) have the
    shape (tokens,), `rows` (rows,), `head_rows` (masks,), as in EncoderBatch."""

    token_ids: Ids
    positions: Ids
    sequences: Ids
    rows: Ids
    head_rows: Ids


def rounded_length(tokens: int) -> int:
    """The next of 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, ...: never more than a quarter is padding
    beyond 32 tokens."""
    octave = 1 << max(0, (tokens - 1).bit_length() - 1)
    step = max(SMALLEST_STEP, octave // STEPS_PER_DOUBLING)
    return -(-tokens // step) * step


def exact_input(batch: EncoderBatch) -> GraphInput:
    """For engines that do not mind many shapes."""
    lengths = np.array(batch.lengths, dtype=np.int64)
    ends = np.cumsum(lengths)
    positions = np.arange(len(batch.token_ids)) - np.repeat(ends - lengths, lengths)
    sequences = np.repeat(np.arange(len(lengths)), lengths)
    return GraphInput(batch.token_ids, positions, sequences, batch.rows, batch.head_rows)


def rounded_input(batch: EncoderBatch) -> GraphInput:
    """Padding tokens are a sequence of their own, which no other looks at; rows are repeated, and cost little."""
    exact = exact_input(batch)
    length = rounded_length(len(batch.token_ids))
    return GraphInput(
        _padded(exact.token_ids, length, 0),
        _padded(exact.positions, length, 0),
        _padded(exact.sequences, length, PADDING),
        _padded(exact.rows, min(length, _power_of_two(len(exact.rows))), int(exact.rows[0])),
        _padded(exact.head_rows, _power_of_two(len(exact.head_rows)), 0),
    )


def _padded(values: Ids, length: int, filling: int) -> Ids:
    missing = length - len(values)
    return np.concatenate([values, np.full(missing, filling, dtype=np.int64)]) if missing > 0 else values


def _power_of_two(count: int) -> int:
    """The next one, and 0 for 0."""
    return 1 << (count - 1).bit_length() if count else 0
