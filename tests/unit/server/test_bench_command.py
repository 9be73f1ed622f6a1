"""`bert-server bench`: what it sends with each request."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bert_server.bench.run import BenchOptions
from bert_server.cli import bench
from bert_server.cli.main import command_line
from bert_server.errors import SettingsError


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[BenchOptions]:
    """The options of each run; none comes to an end."""
    seen: list[BenchOptions] = []

    def run_bench(options: BenchOptions) -> Any:
        seen.append(options)
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "run_bench", run_bench)
    return seen


def run(*arguments: str) -> Any:
    return CliRunner().invoke(command_line("bench"), ["bench", "http://127.0.0.1:1", *arguments])


def test_the_first_key_of_the_file_goes_with_each_request(tmp_path: Path, asked: list[BenchOptions]) -> None:
    file = tmp_path / "keys"
    file.write_text("# clients\n\nfirst-key\nsecond-key\n")
    run("--api-keys-file", str(file), "--header", "x-bert-gate: load")
    assert dict(asked[0].headers) == {"x-api-key": "first-key", "x-bert-gate": "load"}


def test_a_file_without_a_key_is_refused_before_anything_is_sent(tmp_path: Path, asked: list[BenchOptions]) -> None:
    file = tmp_path / "keys"
    file.write_text("# none yet\n")
    failed = run("--api-keys-file", str(file)).exception
    assert isinstance(failed, SettingsError)
    assert str(file) in str(failed)
    assert not asked
