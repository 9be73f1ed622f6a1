"""The parts of the server's benchmark that only compute."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks.server.bars import bars
from benchmarks.server.checkpoint import VOCABULARY_SIZE, vocabulary
from benchmarks.server.engine_process import WINDOW_TEXTS, batches_of
from benchmarks.server.figures import figures_of
from benchmarks.server.measurements import Measurements
from benchmarks.server.plot import draw
from bert_server.bench.texts import CHARACTERS
from bert_server.inference.jobs import FillMaskJob


def test_the_vocabulary_is_laid_out_as_that_of_bert_base_chinese() -> None:
    tokens = vocabulary()
    assert len(tokens) == len(set(tokens)) == VOCABULARY_SIZE
    assert tokens[0] == "[PAD]"
    assert tokens[100:104] == ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def test_every_character_of_the_load_is_one_token() -> None:
    assert set(CHARACTERS) <= set(vocabulary())


def test_a_figure_is_the_median_of_its_rounds() -> None:
    measured = Measurements()
    for value in (1, 50, 3):
        measured.add("b", value)
    measured.add_all("a", {"x": 7})
    assert measured.figures() == {"a.x": 7, "b": 3}
    assert list(measured.figures()) == ["a.x", "b"]


def test_the_engines_throughput_is_that_of_its_best_batch_size() -> None:
    measured = Measurements()
    for size, rates in {1: (10, 30, 20), 8: (40, 41, 39)}.items():
        for rate in rates:
            measured.add(f"engine.batch_{size}_rps", rate)
    assert figures_of(measured)["throughput_rps.engine"] == 40


def test_nothing_is_said_of_an_engine_that_was_not_measured() -> None:
    assert figures_of(Measurements()) == {}


def test_batches_hold_every_text_once_and_texts_of_like_length_within_a_window() -> None:
    lengths = [(number * 37) % 121 + 8 for number in range(2 * WINDOW_TEXTS)]
    jobs = [FillMaskJob("m", np.zeros(length, dtype=np.int64), (1,), 5) for length in lengths]
    batches = batches_of(jobs, 8)
    assert {len(batch) for batch in batches} == {8}
    assert Counter(id(job) for batch in batches for job in batch) == Counter(map(id, jobs))
    first_window = [len(job.token_ids) for batch in batches[:4] for job in batch]
    assert sorted(lengths[:WINDOW_TEXTS]) == first_window
    assert all(a <= b for a, b in pairwise(first_window))


FIGURES = {
    "latency_ms.tokens_16.baseline": 60.0,
    "latency_ms.tokens_16.ours": 6.0,
    "throughput_rps.baseline": 10.0,
    "throughput_rps.engine": 200.0,
    "throughput_rps.ours": 160.0,
    "overload_4x.refusal_p99_ms": 16.0,
    "cached.rps": 3000.0,
}


def test_bars_are_met_from_their_limit_on_in_their_direction() -> None:
    met = {bar.name: bar.is_met for bar in bars(FIGURES)}
    assert met == {
        "latency, 16 tokens: baseline / ours": True,
        "throughput: ours / baseline": True,
        "throughput: ours / engine alone": False,
        "overload_4x.refusal_p99_ms": False,
        "cached.rps": True,
    }


@pytest.mark.parametrize("figures", [FIGURES, FIGURES | {"overload_4x.goodput_ratio": 0.9, "peer.x.embeddings_rps": 3}])
def test_a_picture_is_drawn_of_whatever_was_measured(figures: dict[str, float], tmp_path: Path) -> None:
    draw(figures, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
