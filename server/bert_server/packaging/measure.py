"""How fast a bundle's engine is, and how often it agrees with the reference."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_server.engines.protocol import MaskedLanguageModel
from bert_server.tasks.fill_mask import best_ids
from bert_server.tokenization import EncodedText

TIMED_TEXTS = 200
TOP = 5


@dataclass(frozen=True)
class Agreement:
    """Shares from 0 to 1 over `masks` masked places."""

    masks: int
    top_1: float  # of places where the best token is the same
    top_5: float  # of the reference's five best tokens that are among the engine's five best


@dataclass(frozen=True)
class Latency:
    """Of one inference with one text, in milliseconds."""

    median_ms: float
    p95_ms: float


def agreement(engine: MaskedLanguageModel, reference: MaskedLanguageModel, texts: Sequence[EncodedText]) -> Agreement:
    same_best, shared = [], []
    for text in texts:
        inputs = text.ids, text.attention_mask, text.mask_positions
        for ours, theirs in zip(engine.logits(*inputs), reference.logits(*inputs), strict=True):
            our_best, their_best = best_ids(ours, TOP), best_ids(theirs, TOP)
            same_best.append(our_best[0] == their_best[0])
            shared.append(len(np.intersect1d(our_best, their_best)) / len(their_best))
    return Agreement(len(shared), float(np.mean(same_best)), float(np.mean(shared)))


def latency(engine: MaskedLanguageModel, texts: Sequence[EncodedText]) -> Latency:
    """Each text is run twice and the second run counts: the first one of a length also compiles kernels."""
    durations_ms = [_second_run_ms(engine, text) for text in texts[:TIMED_TEXTS]]
    median, p95 = np.percentile(durations_ms, [50, 95])
    return Latency(float(median), float(p95))


def _second_run_ms(engine: MaskedLanguageModel, text: EncodedText) -> float:
    started = 0.0
    for _ in range(2):
        started = time.perf_counter()
        engine.logits(text.ids, text.attention_mask, text.mask_positions)
    return (time.perf_counter() - started) * 1000
