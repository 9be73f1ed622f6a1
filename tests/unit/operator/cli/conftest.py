"""The plugin in one call: arguments in; exit code, output and errors out."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from rich.console import Console

from bertrelease_operator.cli.environment import Environment
from bertrelease_operator.cli.main import run
from tests.unit.operator.cli.builders import NOW
from tests.unit.operator.cli.fake_cluster import FakeCluster


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    out: str
    err: str


Plugin = Callable[..., Outcome]


@pytest.fixture
def plugin(capsys: pytest.CaptureFixture[str]) -> Plugin:
    """`plugin(cluster, "status", "fill-mask")`; `terminal=True` for one that redraws."""

    def call(cluster: FakeCluster, *arguments: str, terminal: bool = False) -> Outcome:
        stream = io.StringIO()
        console = Console(file=stream, width=100, force_terminal=terminal, color_system=None, highlight=False)
        environment = Environment(connect=lambda *_: cluster, console=console, now=lambda: NOW)
        code = run(arguments, environment)
        captured = capsys.readouterr()
        return Outcome(code, stream.getvalue() + captured.out, captured.err)

    return call
