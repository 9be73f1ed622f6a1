import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertForMaskedLM, BertModel
from typer.testing import CliRunner

from bert_server import cli
from bert_server.bundle.manifest import Precision
from bert_server.bundle.reading import open_bundle
from bert_server.errors import PackagingError
from bert_server.packaging.package import Order, package
from examples.models.texts import CLOZE_FILE
from examples.models.training import make_tokenizer


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model without knowledge: its best tokens are a matter of the last digits, so int8 must change them."""
    directory = tmp_path_factory.mktemp("untrained")
    # Not every draw will do: in some, one token is so far ahead that it wins everywhere, rounded or not.
    torch.manual_seed(1)
    BertForMaskedLM(_tiny_config()).save_pretrained(directory)
    make_tokenizer().save_pretrained(directory)
    return directory


def test_packaging_the_same_checkpoint_twice_gives_the_same_fingerprint(
    good_checkpoint: Path, fp32_bundle: Path, tmp_path: Path
) -> None:
    report = package(_order(good_checkpoint, tmp_path / "again", Precision.FP32))
    assert report.manifest.fingerprint == open_bundle(fp32_bundle).fingerprint
    assert report.agreement.top_1 == 1.0


def test_int8_that_answers_differently_is_refused_and_leaves_nothing(untrained: Path, tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match=r"int8 changes the best token at .* of 284 masks .*--min-agreement"):
        package(_order(untrained, tmp_path / "bundle", Precision.INT8))
    assert list(tmp_path.iterdir()) == []


def test_the_command_ends_with_status_2_and_says_why(
    untrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in untrained.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    words = ["bert-server", "package", str(tmp_path), "--out", str(tmp_path / "out"), "--texts", str(CLOZE_FILE)]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert "pytorch_model.bin, a pickle" in capsys.readouterr().err


def test_the_command_prints_size_latency_and_agreement(good_checkpoint: Path, tmp_path: Path) -> None:
    words = ["package", str(good_checkpoint), "--out", str(tmp_path / "out"), "--texts", str(CLOZE_FILE)]
    result = CliRunner().invoke(cli.app, [*words, "--precision", "bf16", "--name", "demo"])
    assert result.exit_code == 0, result.output
    for word in ["demo", "bf16", " MB", "median", "p95", "top-1 100.00%", "top-5"]:
        assert word in result.stdout
    assert open_bundle(tmp_path / "out").manifest.source.reference == good_checkpoint.name


def test_a_checkpoint_without_the_masked_language_head_is_refused(tmp_path: Path) -> None:
    BertModel(_tiny_config()).save_pretrained(tmp_path)
    make_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(PackagingError, match="no masked language model: it has no weights for cls"):
        package(_order(tmp_path, tmp_path / "out", Precision.FP32))


def test_a_directory_that_is_no_bundle_is_never_replaced(good_checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("keep me")
    with pytest.raises(PackagingError, match="is no bundle; choose another directory"):
        package(_order(good_checkpoint, tmp_path, Precision.FP32))
    assert (tmp_path / "precious.txt").read_text() == "keep me"


def test_a_bundle_holds_no_date_and_no_path_of_the_machine(fp32_bundle: Path, good_checkpoint: Path) -> None:
    manifest = json.loads((fp32_bundle / "manifest.json").read_text())
    assert str(good_checkpoint.parent) not in json.dumps(manifest)
    assert "rt_info>" not in (fp32_bundle / "model.xml").read_text().rpartition("</layers>")[2]


@pytest.mark.parametrize("module", ["bert_server.packaging.package", "bert_server.engines.openvino"])
def test_the_libraries_cannot_report_their_use_over_the_network(module: str) -> None:
    script = (
        f"import {module}, sys; from openvino.tools.ovc import telemetry_utils; print(telemetry_utils.tm.__name__);"
        "assert sys.modules['openvino_telemetry'] is None"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.strip()) == (0, "openvino.tools.ovc.telemetry_stub"), result.stderr


def _order(source: Path, out: Path, precision: Precision) -> Order:
    return Order(source=str(source), out=out, texts=CLOZE_FILE, precision=precision, name="test")


def _tiny_config() -> BertConfig:
    return BertConfig(
        vocab_size=len(make_tokenizer()),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
