"""Mirroring with real traffic: what fails on copies is seen by nobody."""

import asyncio
from typing import Any, Final

import pytest

from demo.install import OPERATOR_NAMESPACE, operator_pods
from demo.release import is_stable, was_taken_back
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FAILING, FIRST, IMPROVED, SLOW, DemoVersion
from tests.e2e.scenes import LONGEST_SECONDS, RATE_PER_SECOND, first_version_proven

pytestmark = pytest.mark.timeout(300)

MIRROR: Final[dict[str, Any]] = {
    "kind": "mirror",
    "mirror": {"percent": 50, "holdSeconds": 8, "then": "promote"},
    "readyDeadlineSeconds": 60,
    "stepDeadlineSeconds": 60,
    "observationSeconds": 30,
}


async def test_a_version_that_answers_its_copies_well_is_proven_before_any_user_sees_it(stage: Stage) -> None:
    await first_version_proven(stage, strategy=MIRROR)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, strategy=MIRROR)
        await stage.client.wait_for("the copies", lambda s: s.phase == "Analyzing", 90)
        assert {answer.version for answer in traffic.answers} == {FIRST.version}
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 90)
        await asyncio.sleep(3)
    assert not [answer for answer in traffic.answers if answer.failed]
    assert stage.client.verdict(IMPROVED.version) == "Proven"


@pytest.mark.parametrize(("version", "reason"), [(SLOW, "P95Latency"), (FAILING, "ErrorRate")], ids=["slow", "failing"])
async def test_a_bad_version_is_rejected_for_its_fault_and_no_user_sees_it(
    stage: Stage, version: DemoVersion, reason: str
) -> None:
    await first_version_proven(stage, strategy=MIRROR)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(version, strategy=MIRROR)
        status = await stage.client.wait_for("the rejection", was_taken_back(version.version), 100)
        await asyncio.sleep(2)
    assert status.concluded is not None
    assert status.concluded.reason.startswith(reason), status.concluded
    assert {answer.version for answer in traffic.answers} == {FIRST.version}
    assert not [answer for answer in traffic.answers if answer.failed]


async def test_an_operator_that_is_killed_while_copies_are_judged_goes_on_with_them(stage: Stage) -> None:
    await first_version_proven(stage, strategy=MIRROR)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, strategy=MIRROR)
        await stage.client.wait_for("the copies", lambda s: s.phase == "Analyzing", 90)
        pods = operator_pods(stage.cluster)
        stage.cluster.kubectl("delete", "pod", "-n", OPERATOR_NAMESPACE, "--grace-period=0", "--force", *pods)
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 110)
    assert not [answer for answer in traffic.answers if answer.failed]
