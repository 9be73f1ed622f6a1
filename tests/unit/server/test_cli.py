from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bert_server import cli, serve
from bert_server.bundle.reading import read_manifest
from bert_server.settings import Settings

runner = CliRunner()


def test_every_setting_is_a_flag_that_reaches_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "bundle": tmp_path,
        "expected_fingerprint": "sha256:" + "0" * 64,
        "host": "127.0.0.1",
        "port": 1,
        "metrics_port": 2,
        "version": "v1.0.0",
        "release": "r",
        "threads": 3,
        "queue_size": 4,
        "max_body_bytes": 2048,
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

    def run(settings: Settings) -> int:
        started.append(settings)
        return 0

    monkeypatch.setattr(serve, "run", run)
    flags = [word for name, value in values.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    assert runner.invoke(cli.app, ["serve", *flags]).exit_code == 0
    assert started == [Settings(**values)]


def test_a_wrong_setting_ends_the_command_with_status_2_and_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["bert-server", "serve", "--port", "many"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("bert-server: port: ")


def test_inspect_shows_the_manifest(bundle_directory: Path) -> None:
    result = runner.invoke(cli.app, ["inspect", str(bundle_directory), "--json"])
    assert result.exit_code == 0
    assert read_manifest(bundle_directory).fingerprint in result.stdout


def test_check_refuses_a_damaged_bundle(
    bundle_directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (bundle_directory / "model.bin").write_text("damaged")
    monkeypatch.setattr("sys.argv", ["bert-server", "check", str(bundle_directory)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    assert "model.bin was changed or damaged" in capsys.readouterr().err
