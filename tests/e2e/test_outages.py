"""The operator, Prometheus, istiod and the API server go away while releases are under way."""

import asyncio
import random

import pytest

from demo.install import OPERATOR_NAMESPACE, operator_pods
from demo.release import is_stable, was_taken_back
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FAILING, FIRST, IMPROVED
from tests.e2e.scenes import (
    LONGEST_SECONDS,
    RATE_PER_SECOND,
    UNHURRIED,
    first_version_proven,
    second_version_promoted,
)

pytestmark = pytest.mark.timeout(400)


async def kill_operator_at_random(stage: Stage, seed: int, until: asyncio.Event, longest_pause: float = 12.0) -> int:
    """Kills the operator's container again and again, as SIGKILL does, and returns how often."""
    pause, kills = random.Random(seed), 0
    while not until.is_set():
        await asyncio.sleep(pause.uniform(1, longest_pause))
        pods = await asyncio.to_thread(operator_pods, stage.cluster)
        arguments = ("delete", "pod", "-n", OPERATOR_NAMESPACE, "--grace-period=0", "--force", "--wait=false", *pods)
        await asyncio.to_thread(stage.cluster.kubectl, *arguments)
        kills += 1
    return kills


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_promotion_ends_well_although_the_operator_is_killed_at_random_moments(stage: Stage, seed: int) -> None:
    await first_version_proven(stage)
    done = asyncio.Event()
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        killer = asyncio.create_task(kill_operator_at_random(stage, seed, done, longest_pause=20))
        stage.release(IMPROVED)
        await asyncio.sleep(25)
        done.set()
        assert await killer > 0
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 110)
    assert not [answer for answer in traffic.answers if answer.failed]


async def test_a_bad_version_is_taken_back_although_the_operator_is_killed_at_random_moments(stage: Stage) -> None:
    await first_version_proven(stage)
    done = asyncio.Event()
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        killer = asyncio.create_task(kill_operator_at_random(stage, 3, done, longest_pause=6))
        stage.release(FAILING)
        await asyncio.sleep(20)
        done.set()
        assert await killer > 0
        await stage.client.wait_for("the rollback", was_taken_back(FAILING.version), 100)
        await asyncio.sleep(2)
        assert set(traffic.shares_lately()) == {FIRST.version}
    assert stage.client.verdict(FAILING.version) == "Rejected"


async def test_a_rollback_by_edit_completes_although_the_operator_is_killed_right_after_the_edit(stage: Stage) -> None:
    await second_version_promoted(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        pods = operator_pods(stage.cluster)
        stage.client.edit({"version": FIRST.version})
        await asyncio.to_thread(
            stage.cluster.kubectl, "delete", "pod", "-n", OPERATOR_NAMESPACE, "--grace-period=0", "--force", *pods
        )
        await stage.client.wait_for("v1.0.0 to serve", is_stable(FIRST.version), 60)
        await asyncio.sleep(2)
        assert set(traffic.shares_lately()) == {FIRST.version}
    assert not [answer for answer in traffic.answers if answer.failed]


async def test_a_healthy_canary_holds_while_prometheus_is_down_and_then_goes_on(stage: Stage) -> None:
    source = {"kind": "prometheus", "url": stage.cluster.prometheus_url}
    health = UNHURRIED | {"source": source}
    await first_version_proven(stage, health=health)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS + 60) as traffic:
        stage.release(IMPROVED, health=health)
        await stage.client.wait_for("v1.1.0 at 10 %", lambda s: s.weights.applied.get("v1.1.0") == 10, 60)
        stage.cluster.stop("prometheus")
        try:
            for _ in range(30):
                await asyncio.sleep(2)
                status = stage.client.status()
                assert status.weights.applied == {"v1.0.0": 90, "v1.1.0": 10}, status.message
        finally:
            stage.cluster.start("prometheus")
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 110)
    assert not [answer for answer in traffic.answers if answer.failed]


async def test_a_promotion_survives_restarts_of_istiod_and_of_the_api_server(stage: Stage) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED)
        await stage.client.wait_for("v1.1.0 at 10 %", lambda s: s.weights.applied.get("v1.1.0") == 10, 60)
        await asyncio.to_thread(stage.cluster.restart, "istiod")
        await asyncio.to_thread(stage.cluster.restart, "kube-apiserver")
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 110)
    assert not [answer for answer in traffic.answers if answer.failed]
