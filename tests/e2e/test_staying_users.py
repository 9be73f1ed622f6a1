"""Users with browsers: who stays with which version, in a sticky canary and in an A/B test."""

import asyncio
from typing import Any, Final

import pytest

from demo.release import is_stable, was_taken_back
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FIRST, IMPROVED
from tests.e2e.scenes import LONGEST_SECONDS, RATE_PER_SECOND, first_version_proven
from tests.e2e.users import User, user_of

pytestmark = pytest.mark.timeout(300)

_DEADLINES: Final = {"readyDeadlineSeconds": 60, "stepDeadlineSeconds": 90, "observationSeconds": 30}
STICKY: Final[dict[str, Any]] = {
    "kind": "canary",
    "canary": {"steps": [{"weight": 20, "holdSeconds": 20}, {"weight": 60, "holdSeconds": 20}], "sticky": {}},
    **_DEADLINES,
}
A_B: Final[dict[str, Any]] = {
    "kind": "abTest",
    "abTest": {
        "weight": 50,
        "match": [{"headers": {"x-tester": "yes"}}],
        "minDurationSeconds": 15,
        "minimumSample": 200,
        "then": "ask",
    },
    **_DEADLINES,
}


async def test_a_user_who_saw_the_candidate_keeps_seeing_it_until_it_is_taken_back(stage: Stage) -> None:
    await first_version_proven(stage, strategy=STICKY)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, strategy=STICKY)
        await stage.client.wait_for("v1.1.0 at 20 %", lambda s: s.weights.applied.get("v1.1.0") == 20, 90)
        seen = await user_of(stage.cluster.gateway_url, IMPROVED.version)
        assert await seen.asks(20) == {IMPROVED.version}
        passed_by = await user_of(stage.cluster.gateway_url, FIRST.version)
        assert await passed_by.asks(20) == {FIRST.version}
        await stage.client.wait_for("v1.1.0 at 60 %", lambda s: s.weights.applied.get("v1.1.0") == 60, 90)
        assert await seen.asks(20) == {IMPROVED.version}
        stage.client.command("abort", IMPROVED.version)
        await stage.client.wait_for("the end", was_taken_back(IMPROVED.version), 30)
        await asyncio.sleep(2)
        assert await seen.asks(20) == {FIRST.version}
    assert not [answer for answer in traffic.answers if answer.failed]


async def test_testers_always_see_the_candidate_and_others_keep_their_arm_until_a_person_decides(stage: Stage) -> None:
    await first_version_proven(stage, strategy=A_B)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, strategy=A_B)
        await stage.client.wait_for("the test", lambda s: s.weights.applied.get("v1.1.0") == 50, 90)
        arms = [await user_of(stage.cluster.gateway_url, version) for version in (FIRST.version, IMPROVED.version)]
        tester = User(stage.cluster.gateway_url, {"x-tester": "yes"})
        assert await tester.asks(20) == {IMPROVED.version}
        assert [await arm.asks(10) for arm in arms] == [{FIRST.version}, {IMPROVED.version}]
        await stage.client.wait_for("the question", lambda s: s.phase == "Paused", 90)
        stage.client.command("promote", IMPROVED.version)
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 30)
    assert await arms[0].asks(10) == {IMPROVED.version}
    assert not [answer for answer in traffic.answers if answer.failed]
    assert stage.client.verdict(IMPROVED.version) == "Proven"
