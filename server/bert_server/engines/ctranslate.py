"""Marian-type models on CTranslate2."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bert_server.bundle.manifest import Precision
from bert_server.errors import BundleError

COMPUTE_TYPES = {Precision.FP32: "float32", Precision.INT8: "int8"}


class Hypothesis(NamedTuple):
    """The best translation of a sentence in pieces, and its log-probability, divided as asked."""

    pieces: tuple[str, ...]
    score: float


class CTranslate2Engine:
    """One sentence batch at a time, on `threads` threads.

    Raises BundleError if CTranslate2 does not read the directory, or cannot compute at this precision.
    """

    def __init__(self, directory: Path, precision: Precision, *, threads: int) -> None:
        # libgomp reads it when it is loaded. By default threads spin at each of the thousands of barriers of a
        # translation; if others want the cores, they wait there for a thread that is not running: seconds, not ms.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        import ctranslate2  # only a server with translations pays for it

        if precision not in COMPUTE_TYPES:
            raise BundleError(f"translators are computed as {' or '.join(COMPUTE_TYPES)}, not as {precision}")
        try:
            self._translator = ctranslate2.Translator(
                str(directory),
                device="cpu",
                compute_type=COMPUTE_TYPES[precision],
                inter_threads=1,
                intra_threads=threads,
            )
        except (RuntimeError, ValueError) as error:
            raise BundleError(f"CTranslate2 cannot load {directory}: {error}; package the model again") from error
        self._threads = threads
        self._library_version = str(ctranslate2.__version__)

    def translate(
        self, sentences: Sequence[Sequence[str]], *, beam_size: int, max_output_tokens: int, length_penalty: float
    ) -> list[Hypothesis]:
        """A hypothesis for each sentence, which are pieces with the end mark; empty if the model said nothing."""
        results = self._translator.translate_batch(
            [list(sentence) for sentence in sentences],
            beam_size=beam_size,
            max_decoding_length=max_output_tokens,
            length_penalty=length_penalty,
            max_input_length=0,  # nothing is cut: sentences have been made to fit
            disable_unk=True,  # a guess reads better than a hole
            return_scores=True,
        )
        return [read_hypothesis(result.hypotheses, result.scores) for result in results]

    def describe(self) -> dict[str, object]:
        return {
            "name": "ctranslate2",
            "library_version": self._library_version,
            "threads": self._threads,
            "precision": str(self._translator.compute_type),
        }


def read_hypothesis(hypotheses: Sequence[Sequence[str]], scores: Sequence[float]) -> Hypothesis:
    """The first hypothesis; none at all, or one without a score, counts as nothing said."""
    if not hypotheses:
        return Hypothesis((), 0.0)
    return Hypothesis(tuple(hypotheses[0]), float(scores[0]) if scores else 0.0)
