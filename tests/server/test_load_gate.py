"""The operator's load test as its Job runs it: the rendered command against real servers, quick and slow."""

import subprocess
import sys
from pathlib import Path

import pytest

from bertrelease_operator.api.load_test import LoadTest
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult
from bertrelease_operator.core.gates.load_test import judge_report
from bertrelease_operator.render.load_test_job import load_test_job
from tests.server.conftest import StartServer
from tests.server.running import RunningServer
from tests.unit.operator.adapters.gates.questions import RECORD

FAULTS = Path(__file__).parents[2] / "examples" / "faults"
SLOW = {"BERT_SERVER_MIDDLEWARE": "bert_faults:fault", "PYTHONPATH": str(FAULTS), "FAULT": "slow"}
SECTION = LoadTest(rate_per_second=20, duration_seconds=3, p95_latency_ms=200)


def judged(server: RunningServer, report: Path) -> GateResult:
    """What the Job's container would do, with a file for its termination message."""
    command = load_test_job(SECTION, RECORD, server.url, "load").template.command
    assert command[0] == "bert-server"
    command = [*command[1 : command.index("--report")], "--report", str(report)]
    subprocess.run([sys.executable, "-m", "bert_server", *command], check=True)
    return judge_report(SECTION, report.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("environment", "verdict"), [({}, Verdict.PASS), (SLOW, Verdict.FAIL)], ids=["quick", "slow"])
def test_the_latency_of_a_real_server_decides(
    start_server: StartServer, good_bundle: Path, tmp_path: Path, environment: dict[str, str], verdict: Verdict
) -> None:
    server = start_server(good_bundle, version="v1.1.0", environment=environment).wait_until_ready()
    result = judged(server, tmp_path / "report.json")
    checks = {check.name: check for check in result.checks}
    assert result.verdict is verdict, result.message
    assert checks["error-rate"].verdict is Verdict.PASS
    assert checks["p95-latency"].verdict is verdict
    assert checks["p95-latency"].sample > 30
    assert not any(value for name, value in server.metrics().items() if name.startswith("bert_requests_total"))
