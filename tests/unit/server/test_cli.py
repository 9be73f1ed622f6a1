from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bert_server import serve
from bert_server.bundle.manifest import Precision
from bert_server.bundle.reading import read_manifest
from bert_server.cli.main import command_line, main
from bert_server.loading_thread import Loading
from bert_server.settings import Settings
from bert_server.settings_sources import load_settings

runner = CliRunner()


def test_every_setting_is_a_flag_that_reaches_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "bundle": f"{tmp_path},{tmp_path}",
        "expected_fingerprint": "sha256:" + "0" * 64,
        "host": "127.0.0.1",
        "port": 1,
        "metrics_port": 2,
        "version": "v1.0.0",
        "release": "r",
        "engine": "openvino",
        "precision": "bf16",
        "threads": 3,
        "queue_size": 4,
        "deadline_seconds": 5.5,
        "translate_deadline_seconds": 6.5,
        "max_batch_tokens": 64,
        "max_texts": 7,
        "max_body_bytes": 2048,
        "max_connections": 8,
        "receive_seconds": 9.5,
        "send_seconds": 10.5,
        "api_keys_file": tmp_path / "keys",
        "gzip": True,
        "cache_mib": 1.5,
        "redis_url": "redis://:secret@localhost:6379/0",
        "redis_ttl_seconds": 60,
        "otlp_endpoint": "http://localhost:4318",
        "trace_share": 0.5,
        "kept_predictions": 5,
        "log_texts": True,
        "web_page": False,
        "golden_interval_seconds": 30.5,
        "drain_seconds": 6,
        "shutdown_seconds": 7,
        "keep_alive_seconds": 8,
        "stall_seconds": 9,
        "load_failure_exit_seconds": 10,
        "cache_dir": tmp_path,
        "log_level": "debug",
        "middleware": "a:b",
    }
    assert values.keys() == Settings.model_fields.keys()
    started: list[Settings] = []

    def run(settings: Settings, _loading: Loading) -> int:
        started.append(settings)
        return 0

    monkeypatch.setattr(serve, "run", run)
    flags = [word for name, value in values.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    assert runner.invoke(command_line(), ["serve", *flags]).exit_code == 0
    assert started == [Settings(**values)]


def test_the_settings_in_force_are_printed_as_a_config_file_without_secrets(tmp_path: Path) -> None:
    flags = ["--bundle", "/a,/b", "--redis-url", "redis://:geheim@localhost/0", "--threads", "2"]
    result = runner.invoke(command_line(), ["serve", "--print-config", *flags])
    assert result.exit_code == 0
    assert "geheim" not in result.stdout
    file = tmp_path / "config.yaml"
    file.write_text(result.stdout)
    read = load_settings({}, file)
    assert (read.bundle, read.threads) == ((Path("/a"), Path("/b")), 2)


def test_a_wrong_setting_ends_the_command_with_status_2_and_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bert-server", "serve", "--port", "many"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("bert-server: port: ")


def test_inspect_shows_the_manifest(bundle_directory: Path) -> None:
    result = runner.invoke(command_line(), ["inspect", str(bundle_directory), "--json"])
    assert result.exit_code == 0
    assert read_manifest(bundle_directory).fingerprint in result.stdout


def test_check_refuses_a_damaged_bundle(
    bundle_directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (bundle_directory / Precision.FP32.weights_file).write_text("damaged")
    monkeypatch.setattr("sys.argv", ["bert-server", "check", str(bundle_directory)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert "model-fp32.bin was changed or damaged" in capsys.readouterr().err
