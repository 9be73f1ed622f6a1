"""A person's own weights over three versions, with real traffic."""

import asyncio
from typing import Any

import pytest

from demo.release import is_stable
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FAILING, FIRST, IMPROVED
from tests.e2e.scenes import LONGEST_SECONDS, RATE_PER_SECOND, first_version_proven

pytestmark = pytest.mark.timeout(300)


def shares(**weights: int) -> list[dict[str, Any]]:
    """`v1_0_0=90` for v1.0.0 90 %."""
    return [{"version": name.replace("_", "."), "weight": weight} for name, weight in weights.items()]


async def test_each_version_gets_its_share_and_one_that_fails_loses_it_to_the_stable_one(stage: Stage) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, traffic=shares(v1_0_0=60, v1_1_0=40))
        await stage.client.wait_for("60 : 40", lambda s: s.weights.applied.get(IMPROVED.version) == 40, 90)
        await asyncio.sleep(1)
        since = traffic.answers[-1].sent_at
        await asyncio.sleep(5)
        assert traffic.shares(since=since)[IMPROVED.version] == pytest.approx(0.4, abs=0.1)

        stage.release(FAILING, traffic=shares(v1_0_0=40, v1_1_0=40, v1_3_0=20))
        await stage.client.wait_for_verdict(FAILING.version, "Rejected", 90)
        await asyncio.sleep(3)
        left = traffic.shares_lately()
    assert set(left) == {FIRST.version, IMPROVED.version}
    assert not [answer for answer in traffic.answers if answer.failed and answer.version != FAILING.version]


async def test_the_strategy_goes_on_when_the_list_is_gone(stage: Stage) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, traffic=shares(v1_0_0=90, v1_1_0=10))
        await stage.client.wait_for("90 : 10", lambda s: s.weights.applied.get(IMPROVED.version) == 10, 90)
        stage.release(IMPROVED)
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 120)
    assert not [answer for answer in traffic.answers if answer.failed]
