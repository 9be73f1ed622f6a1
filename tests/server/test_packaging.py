import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertForMaskedLM, BertModel
from typer.testing import CliRunner

from bert_server.bundle.golden import TOLERANCE
from bert_server.bundle.manifest import CHECKPOINT_WEIGHTS_FILE, EncoderManifest, Precision, Task
from bert_server.bundle.reading import open_bundle, read_manifest
from bert_server.cli import main as cli
from bert_server.errors import PackagingError
from bert_server.packaging.order import DEFAULT_PRECISIONS, Order
from bert_server.packaging.package import package
from examples.models.texts import CLOZE_FILE
from examples.models.training import make_tokenizer


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many as a test can wait for."""
    file = tmp_path_factory.mktemp("texts") / "texts.tsv"
    file.write_text("\n".join(CLOZE_FILE.read_text(encoding="utf-8").splitlines()[:40]), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model without knowledge: its best tokens are a matter of the last digits, so int8 must change them."""
    directory = tmp_path_factory.mktemp("untrained")
    # Not every draw will do: in some, one token is so far ahead that it wins everywhere, rounded or not.
    torch.manual_seed(1)
    BertForMaskedLM(_tiny_config()).save_pretrained(directory)
    make_tokenizer().save_pretrained(directory)
    return directory


@pytest.fixture(scope="module")
def headless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("headless")
    torch.manual_seed(1)
    BertModel(_tiny_config()).save_pretrained(directory)
    make_tokenizer().save_pretrained(directory)
    return directory


def test_packaging_the_same_checkpoint_twice_gives_the_same_bytes(
    good_checkpoint: Path, texts: Path, tmp_path: Path
) -> None:
    for name in ("once", "again"):
        package(_order(good_checkpoint, tmp_path / name, texts, *DEFAULT_PRECISIONS))
    once = {file.name: file.read_bytes() for file in (tmp_path / "once").iterdir()}
    assert {file.name: file.read_bytes() for file in (tmp_path / "again").iterdir()} == once


def test_the_demo_bundle_holds_the_precisions_that_agree_and_says_how_well(good_bundle: Path) -> None:
    manifest = open_bundle(good_bundle).manifest
    assert isinstance(manifest, EncoderManifest)
    assert manifest.precisions == DEFAULT_PRECISIONS
    assert manifest.tasks == (Task.FILL_MASK, Task.SEMANTIC_SIMILARITY, Task.FEATURE_EXTRACTION)
    for precision in DEFAULT_PRECISIONS:
        assert manifest.quality[f"{precision}_top_1_agreement"] >= 0.99
        assert manifest.quality[f"{precision}_cosine_to_fp32"] >= 0.99
    assert (len(manifest.golden), len(manifest.golden_pairs)) == (8, 4)
    assert manifest.golden_tolerance == TOLERANCE[Precision.INT8]


def test_a_precision_that_answers_differently_is_left_out_and_told(
    untrained: Path, texts: Path, tmp_path: Path
) -> None:
    notes: list[str] = []
    order = _order(untrained, tmp_path / "out", texts, Precision.INT8, Precision.FP32)
    manifest = package(order, on_note=notes.append)
    assert isinstance(manifest, EncoderManifest)
    assert manifest.precisions == (Precision.FP32,)
    assert len(notes) == 1
    assert notes[0].startswith("leaving int8 out: int8 changes the best token at")
    assert not list((tmp_path / "out").glob("*int8*"))
    assert open_bundle(tmp_path / "out").manifest == manifest


def test_if_no_precision_agrees_nothing_is_written(untrained: Path, texts: Path, tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match=r"int8 changes the best token at .* of 40 masks .*--min-agreement"):
        package(_order(untrained, tmp_path / "bundle", texts, Precision.INT8))
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_without_a_vocabulary_head_gives_vectors_alone(
    headless: Path, texts: Path, tmp_path: Path
) -> None:
    manifest = package(_order(headless, tmp_path / "out", texts, Precision.INT8, Precision.FP32))
    assert isinstance(manifest, EncoderManifest)
    assert manifest.tasks == (Task.SEMANTIC_SIMILARITY, Task.FEATURE_EXTRACTION)
    assert (manifest.mask_token, manifest.golden, len(manifest.golden_pairs)) == (None, (), 4)
    assert manifest.quality["fp32_cosine_to_fp32"] == pytest.approx(1.0, abs=1e-5)
    assert "fp32_top_1_agreement" not in manifest.quality


def test_a_checkpoint_that_lacks_weights_of_its_layers_is_refused(tmp_path: Path, texts: Path) -> None:
    BertModel(_tiny_config()).save_pretrained(tmp_path)
    make_tokenizer().save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    with pytest.raises(PackagingError, match=r"has no weights for .*encoder\.layer\.2\..*incomplete"):
        package(_order(tmp_path, tmp_path / "out", texts, Precision.FP32))


def test_a_bundle_can_hold_the_checkpoint_s_weights(good_checkpoint: Path, texts: Path, tmp_path: Path) -> None:
    order = _order(good_checkpoint, tmp_path / "out", texts, Precision.FP32, with_checkpoint=True)
    manifest = package(order)
    assert isinstance(manifest, EncoderManifest)
    assert manifest.has_checkpoint
    assert CHECKPOINT_WEIGHTS_FILE in manifest.files
    assert open_bundle(order.out).manifest == manifest


def test_texts_that_are_too_long_for_the_model_are_refused_if_there_is_no_other(
    untrained: Path, tmp_path: Path
) -> None:
    (tmp_path / "texts.txt").write_text("春" * 600, encoding="utf-8")
    with pytest.raises(PackagingError, match="only texts of more than 512 tokens; give a sentence a line"):
        package(_order(untrained, tmp_path / "out", tmp_path / "texts.txt", Precision.FP32))


def test_a_directory_that_is_no_bundle_is_never_replaced(good_checkpoint: Path, texts: Path, tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("keep me")
    with pytest.raises(PackagingError, match="is no bundle; choose another directory"):
        package(_order(good_checkpoint, tmp_path, texts, Precision.FP32))
    assert (tmp_path / "precious.txt").read_text() == "keep me"


def test_a_bundle_holds_no_date_and_no_path_of_the_machine(good_bundle: Path, good_checkpoint: Path) -> None:
    manifest = read_manifest(good_bundle)
    assert isinstance(manifest, EncoderManifest)
    assert str(good_checkpoint.parent) not in manifest.model_dump_json()
    for precision in manifest.precisions:
        graph = (good_bundle / precision.graph_file).read_text()
        assert "rt_info>" not in graph.rpartition("</layers>")[2]


def test_the_command_packages_what_it_is_told_and_prints_the_agreement(
    untrained: Path, texts: Path, tmp_path: Path
) -> None:
    words = ["package", str(untrained), "--out", str(tmp_path / "out"), "--texts", str(texts), "--precision", "fp32"]
    result = CliRunner().invoke(cli.command_line(), [*words, "--name", "demo"])
    assert result.exit_code == 0, result.output
    for word in ["demo", "fp32", " MB", "fp32 top 1 agreement", "fp32 cosine to fp32"]:
        assert word in result.stdout
    assert read_manifest(tmp_path / "out").source.reference == untrained.name


def test_the_command_ends_with_status_2_and_says_why(
    untrained: Path, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in untrained.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    words = ["bert-server", "package", str(tmp_path), "--out", str(tmp_path / "out"), "--texts", str(texts)]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert "pytorch_model.bin, a pickle" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["bert_server.packaging.package", "bert_server.engines.openvino"])
def test_the_libraries_cannot_report_their_use_over_the_network(module: str) -> None:
    script = (
        f"import {module}, sys; from openvino.tools.ovc import telemetry_utils; print(telemetry_utils.tm.__name__);"
        "assert sys.modules['openvino_telemetry'] is None"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.strip()) == (0, "openvino.tools.ovc.telemetry_stub"), result.stderr


def _order(source: Path, out: Path, texts: Path, *precisions: Precision, with_checkpoint: bool = False) -> Order:
    return Order(
        source=str(source), out=out, texts=texts, precisions=precisions, name="test", with_checkpoint=with_checkpoint
    )


def _tiny_config() -> BertConfig:
    return BertConfig(
        vocab_size=len(make_tokenizer()),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
