"""Blue-green with real traffic: preview, one switch, and back in one write."""

import asyncio
from typing import Any, Final

import pytest

from demo.release import is_stable, was_taken_back
from demo.stage import Stage
from demo.traffic import background
from demo.versions import BROKEN, FAILING, FIRST, IMPROVED
from tests.e2e.scenes import LONGEST_SECONDS, RATE_PER_SECOND, first_version_proven

pytestmark = pytest.mark.timeout(300)

BLUE_GREEN: Final[dict[str, Any]] = {
    "kind": "blueGreen",
    "blueGreen": {"holdSeconds": 5},
    "readyDeadlineSeconds": 60,
    "stepDeadlineSeconds": 60,
    "observationSeconds": 60,
}
ASKING: Final = {**BLUE_GREEN, "blueGreen": {"holdSeconds": 3, "then": "ask"}}


async def test_a_previewed_version_gets_everything_in_one_switch_when_a_person_says_so(stage: Stage) -> None:
    await first_version_proven(stage, strategy=ASKING)
    async with background(stage.traffic(2 * RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, strategy=ASKING)
        status = await stage.client.wait_for("the question", lambda s: s.phase == "Paused", 90)
        assert status.weights.applied == {FIRST.version: 100}
        path = f"/api/v1/namespaces/{stage.namespace}/services/http:fill-mask-preview:http/proxy/ready"
        assert await asyncio.to_thread(stage.cluster.kubectl, "get", "--raw", path)
        assert {answer.version for answer in traffic.answers} == {FIRST.version}
        stage.client.command("promote", IMPROVED.version)
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 30)
        await asyncio.sleep(3)
    assert not [answer for answer in traffic.answers if answer.failed]
    assert traffic.shares_lately() == {IMPROVED.version: 1.0}


async def test_going_back_by_hand_after_the_switch_loses_no_request(stage: Stage) -> None:
    await first_version_proven(stage, strategy=BLUE_GREEN)
    async with background(stage.traffic(2 * RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, strategy=BLUE_GREEN)
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 90)
        await asyncio.sleep(2)
        edited_at = stage.client.edit({"version": FIRST.version})
        await stage.client.wait_for("v1.0.0 to serve", is_stable(FIRST.version), 30)
        await asyncio.sleep(3)
    assert not [answer for answer in traffic.answers if answer.failed]
    assert {answer.version for answer in traffic.since(edited_at + 2)} == {FIRST.version}


async def test_a_version_that_fails_its_first_users_is_taken_back_after_the_switch(stage: Stage) -> None:
    await first_version_proven(stage, strategy=BLUE_GREEN)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(FAILING, strategy=BLUE_GREEN)
        status = await stage.client.wait_for("the rollback", was_taken_back(FAILING.version), 120)
        await asyncio.sleep(3)
    assert status.stable == FIRST.version
    assert stage.client.verdict(FAILING.version) == "Rejected"
    assert [answer for answer in traffic.answers if answer.failed], "the fault was real"
    assert not [answer for answer in traffic.answers if answer.failed and answer.version != FAILING.version]
    assert traffic.shares_lately() == {FIRST.version: 1.0}


async def test_a_version_that_cannot_load_its_model_is_never_switched_to(stage: Stage) -> None:
    await first_version_proven(stage, strategy=BLUE_GREEN)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(BROKEN, strategy=BLUE_GREEN)
        await stage.client.wait_for("the rejection", was_taken_back(BROKEN.version), 100)
    assert {answer.version for answer in traffic.answers} == {FIRST.version}
    assert not [answer for answer in traffic.answers if answer.failed]
