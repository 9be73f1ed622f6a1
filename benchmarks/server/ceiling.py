"""What the machine allows: the int8 matrix products of bert-base's twelve layers alone, with nothing between them.

No service that computes them by OpenVINO's kernels can be faster, whatever it does with attention, queues and HTTP.
"""

import math
import time
from typing import Final

import numpy as np
import openvino
from openvino import opset13 as ops

from benchmarks.server.measurements import Measurements
from bert_server.bench.texts import Lengths
from bert_server.bundle.manifest import Precision
from bert_server.cpu import usable_cpus
from bert_server.engines.openvino import compiled

LAYERS: Final = 12
HIDDEN: Final = 768
# Inputs and outputs of query, key, value and output projection, and of the feed-forward network.
PRODUCTS: Final = (*[(HIDDEN, HIDDEN)] * 4, (HIDDEN, 4 * HIDDEN), (4 * HIDDEN, HIDDEN))
BATCH_TOKENS: Final = 256
RUNS: Final = 30
_LEVELS: Final = 256


def measure_ceiling(found: Measurements, latency_tokens: tuple[int, ...]) -> None:
    """Adds `ceiling.throughput_rps` (texts of the benchmark's mean length), `ceiling.gmacs` (10^9 multiplications with
    addition a second) and `ceiling.latency_ms.tokens_N`; the fastest run of each, as a ceiling should be."""
    macs_per_token = LAYERS * sum(inputs * outputs for inputs, outputs in PRODUCTS)
    seconds = _fastest_seconds(BATCH_TOKENS)
    found.add("ceiling.gmacs", BATCH_TOKENS * macs_per_token / seconds / 1e9)
    found.add("ceiling.throughput_rps", BATCH_TOKENS / seconds / mean_tokens(Lengths()))
    for tokens in latency_tokens:
        found.add(f"ceiling.latency_ms.tokens_{tokens}", 1000 * _fastest_seconds(tokens))


def mean_tokens(lengths: Lengths) -> float:
    """Of texts whose lengths are spread evenly over the logarithm."""
    return (lengths.longest - lengths.shortest) / math.log(lengths.longest / lengths.shortest)


def _fastest_seconds(tokens: int) -> float:
    request = compiled(_products(tokens), Precision.INT8, usable_cpus(), None)  # as the server's engine is
    values = np.random.default_rng(0).standard_normal((tokens, HIDDEN)).astype(np.float32)
    fastest = math.inf
    for _ in range(RUNS):
        began = time.perf_counter()
        request.infer([values], share_inputs=True, share_outputs=True)
        fastest = min(fastest, time.perf_counter() - began)
    return fastest


def _products(tokens: int) -> openvino.Model:
    """One behind the other, activations and weights quantised as nncf does it."""
    dice = np.random.default_rng(0)
    given = ops.parameter([tokens, HIDDEN], np.float32)
    values = given
    for _ in range(LAYERS):
        for inputs, outputs in PRODUCTS:
            weights = dice.integers(-127, 128, (outputs, inputs), dtype=np.int8)
            scaled = ops.multiply(ops.convert(ops.constant(weights), np.float32), np.float32(1 / 127 / inputs**0.5))
            values = ops.matmul(_quantised(values), scaled, transpose_a=False, transpose_b=True)
    return openvino.Model([values], [given], "the matrix products of bert-base")


def _quantised(values: openvino.Node) -> openvino.Node:
    low, high = np.float32(-3), np.float32(3)
    return ops.fake_quantize(values, low, high, low, high, _LEVELS)
