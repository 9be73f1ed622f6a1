from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from devcluster import cli


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEVCLUSTER_STATE", str(tmp_path))
    return tmp_path


def test_status_of_a_cluster_that_is_not_there_is_json_for_scripts_and_fails() -> None:
    result = CliRunner().invoke(cli.app, ["status", "--name", "t-none", "-o", "json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["is_up"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["status", "--name", "Dev!"], "the cluster name 'Dev!' does not fit"),
        (["env", "--name", "t-none"], "there is no cluster 't-none'"),
        (["logs", "etcd", "--name", "t-none"], "there is no log"),
        (["stop", "etcd", "--name", "t-none"], "there is no cluster 't-none'"),
        (["build-image", "-t", "a:b", "-f", "Dockerfile", "--build-arg", "X", "."], "--build-arg X: write KEY=VALUE"),
    ],
)
def test_a_failure_ends_with_status_1_and_a_sentence_instead_of_a_traceback(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["devcluster", *arguments])
    monkeypatch.setattr(cli.console, "file", sys.stderr)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert "Traceback" not in printed
