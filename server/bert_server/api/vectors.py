"""Vectors on the wire: as numbers, or as base64."""

import base64

import numpy as np

from bert_server.inference.jobs import Vector

# Of numbers below 1, as most are, this many decimals tell a 32-bit float exactly, or to half a hundred-millionth.
DECIMALS = 8


def as_numbers(vector: Vector) -> list[float]:
    """Rounded to `DECIMALS`: the digits that a 32-bit float gains as a 64-bit one are noise."""
    numbers: list[float] = vector.astype(np.float64).round(DECIMALS).tolist()
    return numbers


def as_base64(vector: Vector) -> str:
    """The vector's 32-bit floats, little-endian, in base64."""
    return base64.b64encode(vector.astype("<f4", copy=False).tobytes()).decode("ascii")
