"""Engines against `transformers`: the same numbers, whatever is packed together and whatever is left out."""

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForMaskedLM, BertModel

from bert_server.bundle.manifest import Precision
from bert_server.engines.openvino import OpenVinoEngine
from bert_server.engines.probe import Way
from bert_server.engines.protocol import Encoder, EncoderBatch
from bert_server.engines.torch_engine.engine import TorchEngine
from bert_server.engines.trial import Trial
from bert_server.inference.jobs import FillMaskJob
from bert_server.packaging.export import Exporter
from bert_server.runners.encoder import EncoderRunner

VOCABULARY = 120
HIDDEN_SIZE = 32
TOLERANCE = 1e-4
LENGTHS = (3, 11, 1, 40)
# Rows of several sequences, one of them twice; scores of some, in another order.
ROWS = (0, 2, 3, 13, 14, 15, 54, 3)
HEAD_ROWS = (6, 1, 1)
DYING_PROBE = """
import os, signal
from bert_server.bundle.manifest import Precision
from bert_server.engines import openvino, probe
class Illegal(openvino.FirstLayer):
    def __init__(self, graph_file, precision, *, threads):
        if precision is Precision.INT8:
            os.kill(os.getpid(), signal.SIGILL)
        super().__init__(graph_file, precision, threads=threads)
openvino.FirstLayer = Illegal
probe.main()
"""

Model: TypeAlias = BertForMaskedLM | BertModel
MakeEngine = Callable[[Model, Path], Encoder]


@pytest.fixture(scope="module", params=[1, 3], ids=["one layer", "three layers"])
def model(request: pytest.FixtureRequest) -> Model:
    return _model(BertForMaskedLM, request.param)


def _model(kind: type[Model], layers: int) -> Model:
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=HIDDEN_SIZE,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.2,  # wide, so that mistakes show
    )
    model = kind(config)
    model.eval()
    return model


def _openvino(model: Model, directory: Path) -> Encoder:
    Exporter(model).write(directory / "model.xml", Precision.FP32, [])
    return OpenVinoEngine(directory / "model.xml", Precision.FP32, threads=1)


def _torch(model: Model, directory: Path) -> Encoder:
    model.save_pretrained(directory)
    return TorchEngine(directory, has_head=isinstance(model, BertForMaskedLM), threads=1)


engines = pytest.mark.parametrize("make", [_openvino, _torch])


@engines
def test_packed_sequences_have_the_states_and_scores_that_transformers_gives_each(
    model: Model, make: MakeEngine, tmp_path: Path
) -> None:
    batch = _batch(LENGTHS, ROWS, HEAD_ROWS)
    output = make(model, tmp_path).infer(batch)
    hidden, logits = _expected(model, batch)
    assert output.hidden == pytest.approx(hidden, abs=TOLERANCE)
    assert output.logits == pytest.approx(logits, abs=TOLERANCE)


@engines
def test_no_scores_are_computed_if_none_are_asked_for(model: Model, make: MakeEngine, tmp_path: Path) -> None:
    batch = _batch(LENGTHS, ROWS, ())
    output = make(model, tmp_path).infer(batch)
    assert output.logits.shape == (0, VOCABULARY)
    assert output.hidden == pytest.approx(_expected(model, batch)[0], abs=TOLERANCE)


@engines
def test_a_model_without_a_head_gives_the_states_of_transformers(make: MakeEngine, tmp_path: Path) -> None:
    model = _model(BertModel, 2)
    batch = _batch(LENGTHS, range(sum(LENGTHS)), ())
    output = make(model, tmp_path).infer(batch)
    assert output.logits.shape == (0, 0)
    assert output.hidden == pytest.approx(_expected(model, batch)[0], abs=TOLERANCE)


@engines
def test_an_engine_says_what_it_is(model: Model, make: MakeEngine, tmp_path: Path) -> None:
    said = make(model, tmp_path).describe()
    assert said["name"] == make.__name__.removeprefix("_")
    assert (said["device"], said["precision"], said["threads"]) == ("cpu", "fp32", 1)
    assert said["library_version"]


@pytest.mark.parametrize("precision", [Precision.INT8, Precision.BF16])
def test_other_precisions_stay_near_fp32(tmp_path: Path, precision: Precision) -> None:
    model = _model(BertForMaskedLM, 3)
    batch = _batch(LENGTHS, ROWS, HEAD_ROWS)
    Exporter(model).write(tmp_path / "model.xml", precision, [batch])
    output = OpenVinoEngine(tmp_path / "model.xml", precision, threads=1).infer(batch)
    hidden, _ = _expected(model, batch)
    for ours, theirs in zip(output.hidden, hidden, strict=True):
        assert ours @ theirs > 0.98 * np.linalg.norm(ours) * np.linalg.norm(theirs)


@engines
def test_answers_do_not_change_when_the_engine_computes_the_next(
    model: Model, make: MakeEngine, tmp_path: Path
) -> None:
    runner = EncoderRunner(make(model, tmp_path))
    one, other = (FillMaskJob("", np.arange(9, dtype=np.int64) + start, (1, 4), 5) for start in (5, 50))
    before = runner.run([one])
    runner.run([other])
    assert runner.run([one]) == before


def test_a_precision_whose_kernels_kill_is_found_out_and_the_others_are_measured(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ways = [Way(Precision.INT8, 1), Way(Precision.FP32, 1)]
    Exporter(_model(BertForMaskedLM, 1)).write(tmp_path / "model.xml", Precision.FP32, [])
    with closing(Trial((sys.executable, "-c", DYING_PROBE))) as trial:
        findings = trial.findings(dict.fromkeys((way.precision for way in ways), tmp_path / "model.xml"), ways)
    assert [finding.way for finding in findings] == ways[1:]
    assert findings[0].layer_ms
    assert "int8 with 1 thread ends a process with SIGILL" in caplog.text


def _batch(lengths: tuple[int, ...], rows: object, head_rows: object) -> EncoderBatch:
    token_ids = np.random.default_rng(3).integers(0, VOCABULARY, sum(lengths))
    rows, head_rows = (np.array(places, dtype=np.int64) for places in (rows, head_rows))
    return EncoderBatch(token_ids, lengths, rows, head_rows)


def _expected(model: Model, batch: EncoderBatch) -> tuple[np.ndarray, np.ndarray]:
    """Each sequence alone, all layers for all tokens, by `transformers`."""
    bert = model.bert if isinstance(model, BertForMaskedLM) else model
    sequences = np.split(batch.token_ids, np.cumsum(batch.lengths)[:-1])
    with torch.inference_mode():
        hidden = torch.cat([bert(torch.from_numpy(ids)[None]).last_hidden_state[0] for ids in sequences])[batch.rows]
        logits = model.cls(hidden[batch.head_rows]) if isinstance(model, BertForMaskedLM) else torch.zeros(0, 0)
    return hidden.numpy(), logits.numpy()
