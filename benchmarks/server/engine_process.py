"""The engine without HTTP, queue and event loop, in a process of its own that obeys one JSON line after another.

What is timed is the runner: making a batch of token ids, the inference, and picking the answers. It is given 32 texts
at a time, as many as there are clients in the measurement over HTTP, in the order of their lengths.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from tokenizers import Tokenizer

from bert_server.bench.texts import MASK, Lengths, texts
from bert_server.bundle.manifest import TOKENIZER_FILE, Task
from bert_server.inference.jobs import FillMaskJob
from bert_server.loading import load
from bert_server.settings import Settings

TOP_K: Final = 5
WINDOW_TEXTS: Final = 32
BATCH_SIZES: Final = (1, 2, 4, 8, 16)
TEXTS: Final = 16 * WINDOW_TEXTS


class Measuring:
    """Holds the model; each public method is an order."""

    def __init__(self, bundle: Path, cache_dir: Path) -> None:
        model = load(Settings(bundle=(bundle,), cache_dir=cache_dir), lambda step: None).encoder_for(Task.FILL_MASK)
        assert model is not None, f"{bundle} does no fill-mask"
        self.description = model.engine
        self._name, self._runner = model.manifest.name, model.runner
        self._tokenizer = Tokenizer.from_file(str(bundle / TOKENIZER_FILE))
        self._mask_id = self._tokenizer.token_to_id(MASK)
        self._round = 0

    def latency(self, tokens: int, count: int) -> float:
        jobs = self._jobs(Lengths(tokens, tokens), count + 1)
        durations = [self._seconds([job]) for job in jobs]
        return 1000 * float(np.median(durations[1:]))

    def throughput(self, seconds: float) -> dict[int, float]:
        jobs = self._jobs(Lengths(), TEXTS)
        return {size: self._rate(batches_of(jobs, size), seconds / len(BATCH_SIZES)) for size in BATCH_SIZES}

    def _rate(self, batches: Sequence[Sequence[FillMaskJob]], seconds: float) -> float:
        for batch in batches[: WINDOW_TEXTS // len(batches[0])]:
            self._runner.run(batch)
        done, began = 0, time.perf_counter()
        while True:
            for batch in batches:
                self._runner.run(batch)
                done += len(batch)
                elapsed = time.perf_counter() - began
                if elapsed > seconds:
                    return done / elapsed

    def _seconds(self, jobs: Sequence[FillMaskJob]) -> float:
        began = time.perf_counter()
        self._runner.run(jobs)
        return time.perf_counter() - began

    def _jobs(self, lengths: Lengths, count: int) -> list[FillMaskJob]:
        self._round += 1
        source = texts(lengths, ("engine alone", self._round))
        return [self._job(next(source)) for _ in range(count)]

    def _job(self, text: str) -> FillMaskJob:
        ids = np.array(self._tokenizer.encode(text).ids, dtype=np.int64)
        return FillMaskJob(self._name, ids, tuple(np.flatnonzero(ids == self._mask_id).tolist()), TOP_K)


def batches_of(jobs: Sequence[FillMaskJob], size: int) -> list[list[FillMaskJob]]:
    """Batches of `size`; within each window of 32 the lengths are in order, so that little is padding."""
    windows = [list(jobs[begin : begin + WINDOW_TEXTS]) for begin in range(0, len(jobs), WINDOW_TEXTS)]
    for window in windows:
        window.sort(key=lambda job: len(job.token_ids))
    return [window[begin : begin + size] for window in windows for begin in range(0, len(window), size)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--cache-dir", type=Path, required=True)
    arguments = parser.parse_args()
    measuring = Measuring(arguments.bundle, arguments.cache_dir)
    print(json.dumps(measuring.description, default=str), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        measure = getattr(measuring, order.pop("measure"))
        print(json.dumps(measure(**order)), flush=True)


if __name__ == "__main__":
    main()
