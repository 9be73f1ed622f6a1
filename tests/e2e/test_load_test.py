"""The load test with real versions: a slow one is stopped before its first request."""

import asyncio
from typing import Any, Final

import pytest

from bertrelease_operator.api.status import BertReleaseStatus, BertRevisionStatus, GateStatus, Verdict
from demo.golden_set import GATE, golden_cases
from demo.release import is_stable, was_taken_back
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FIRST, IMPROVED, SLOW
from tests.e2e.scenes import LONGEST_SECONDS, RATE_PER_SECOND, first_version_proven

pytestmark = pytest.mark.timeout(300)

# One core or two serve, load and run the cluster: quick enough is anything far from the fault's quarter of a second.
LOAD_TEST: Final[dict[str, Any]] = {
    "name": "load",
    "kind": "loadTest",
    "deadlineSeconds": 120,
    "loadTest": {"ratePerSecond": 20, "durationSeconds": 5, "p95LatencyMs": 200},
}

KEYS: Final = "# of the clients\nkey-1\n"
APPROVAL: Final[dict[str, Any]] = {"name": "people", "kind": "approval", "approval": {}}


def passage(stage: Stage, version: str) -> GateStatus:
    (passed,) = BertRevisionStatus.model_validate(stage.client.revisions()[version]["status"]).gates
    return passed


async def test_a_slow_version_is_stopped_by_the_load_test_before_its_first_request(stage: Stage) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(SLOW, gates=[LOAD_TEST])
        status = await stage.client.wait_for("the rejection", was_taken_back(SLOW.version), 150)
        await asyncio.sleep(2)
    assert status.concluded is not None
    assert status.concluded.reason == "GateFailed", status.concluded
    assert {answer.version for answer in traffic.answers} == {FIRST.version}
    assert not [answer for answer in traffic.answers if answer.failed]
    failed = {check.name for check in passage(stage, SLOW.version).checks if check.verdict is Verdict.FAIL}
    assert failed == {"p95-latency"}


async def test_a_quick_version_passes_the_load_test(stage: Stage) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(RATE_PER_SECOND / 2), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, gates=[LOAD_TEST])
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 150)
    assert not [answer for answer in traffic.answers if answer.failed]
    checks = passage(stage, IMPROVED.version).checks
    assert {check.name: check.sample > 50 for check in checks} == {"error-rate": True, "p95-latency": True}


def waits_for_people(status: BertReleaseStatus) -> bool:
    gates = status.rollout.gates if status.rollout is not None else []
    return len(gates) == 3 and all(gate.verdict is Verdict.PASS for gate in gates[:2])


async def test_questions_and_load_bring_the_key_without_which_a_version_lets_nobody_ask(stage: Stage) -> None:
    await first_version_proven(stage)
    stage.apply(golden_cases(stage.namespace))
    metadata = {"name": "clients", "namespace": stage.namespace}
    stage.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"keys": KEYS}})
    config = {"threads": 1, "drainSeconds": 3, "apiKeys": {"name": "clients"}}
    stage.release(IMPROVED, config=config, gates=[GATE, LOAD_TEST, APPROVAL])
    await stage.client.wait_for("both gates to be passed", waits_for_people, 200)
    stage.client.command("abort", IMPROVED.version)
    await stage.client.wait_for("the end", was_taken_back(IMPROVED.version), 30)
