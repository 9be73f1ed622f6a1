"""Drift of the answers with real traffic: what is wrong on copies is seen by nobody, though every request succeeds."""

import asyncio
from typing import Any, Final

import pytest

from bertrelease_operator.api.status import BertReleaseStatus, Verdict
from demo.release import is_stable, was_taken_back
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FIRST, HOTPOT, IMPROVED
from tests.e2e.scenes import LONGEST_SECONDS, RATE_PER_SECOND, UNHURRIED, first_version_proven

pytestmark = pytest.mark.timeout(300)

MIRROR: Final[dict[str, Any]] = {
    "kind": "mirror",
    "mirror": {"percent": 50, "holdSeconds": 8, "then": "promote"},
    "readyDeadlineSeconds": 60,
    "stepDeadlineSeconds": 60,
    "observationSeconds": 30,
}
COMPARED: Final[dict[str, Any]] = {
    "strategy": MIRROR,
    "health": UNHURRIED | {"predictionDrift": {"minAgreement": 90, "minimumSample": 100}},
}


def _passed_drift(status: BertReleaseStatus) -> bool:
    return any(check.name == "prediction-drift" and check.verdict is Verdict.PASS for check in status.checks)


async def test_a_version_that_says_hotpot_to_everything_is_stopped_by_its_answers_and_no_user_sees_it(
    stage: Stage,
) -> None:
    await first_version_proven(stage, **COMPARED)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(HOTPOT, **COMPARED)
        status = await stage.client.wait_for("the rejection", was_taken_back(HOTPOT.version), 100)
        await asyncio.sleep(2)
    assert status.concluded is not None
    assert status.concluded.reason == "PredictionDriftFailed", status.concluded
    assert stage.client.verdict(HOTPOT.version) == "Rejected"
    assert {answer.version for answer in traffic.answers} == {FIRST.version}
    assert not [answer for answer in traffic.answers if answer.failed]


async def test_a_good_version_answers_alike_and_is_promoted(stage: Stage) -> None:
    await first_version_proven(stage, **COMPARED)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, **COMPARED)
        judged = await stage.client.wait_for("its answers to be compared", _passed_drift, 90)
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 90)
    check = next(check for check in judged.checks if check.name == "prediction-drift")
    assert check.sample >= 100
    assert check.value is not None
    assert check.value > 90
    assert stage.client.verdict(IMPROVED.version) == "Proven"
    assert not [answer for answer in traffic.answers if answer.failed]
