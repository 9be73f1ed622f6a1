"""Releases with real traffic through the gateway, every answer counted at the client."""

import asyncio

import pytest

from bertrelease_operator.api.names import version_slug
from demo.release import QUICK_STRATEGY, is_stable, was_taken_back
from demo.stage import SLOW_SECONDS, Stage
from demo.traffic import background
from demo.versions import BROKEN, FAILING, FIRST, IMPROVED, LATE, SLOW, DemoVersion
from tests.e2e.scenes import (
    LONGEST_SECONDS,
    RATE_PER_SECOND,
    first_version_proven,
    second_version_promoted,
)

pytestmark = pytest.mark.timeout(300)


async def test_a_healthy_version_is_promoted_without_one_failed_request_and_the_tested_pods_serve(
    stage: Stage,
) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(2 * RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED)
        await stage.client.wait_for("v1.1.0 at 50 %", lambda s: s.weights.applied.get("v1.1.0") == 50, 90)
        tested = stage.client.pod_uids(IMPROVED.version)
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 90)
        await asyncio.sleep(3)
    failed = [answer for answer in traffic.answers if answer.failed]
    assert not failed, failed[:3]
    assert len(traffic.answers) > 1000
    assert stage.client.pod_uids(IMPROVED.version) == tested
    assert stage.fill_mask("床前明月光，疑是地[MASK]霜。")["result"][0]["token"] == "上"
    assert stage.fill_mask("床前明月光，疑是地[MASK]霜。")["version"] == IMPROVED.version


@pytest.mark.parametrize(("version", "reason"), [(SLOW, "P95Latency"), (FAILING, "ErrorRate")], ids=["slow", "failing"])
async def test_a_bad_version_is_taken_back_for_its_fault_and_harms_no_other_request(
    stage: Stage, version: DemoVersion, reason: str
) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(version, health={"minimumSample": 50})
        status = await stage.client.wait_for("the rollback", was_taken_back(version.version), 100)
        await asyncio.sleep(3)
    assert status.stable == FIRST.version
    assert status.concluded is not None
    assert status.concluded.reason.startswith(reason), status.concluded
    bad = [a for a in traffic.answers if a.version == version.version and a.bad(SLOW_SECONDS)]
    assert bad, "the fault was real"
    assert not [a for a in traffic.answers if a.version != version.version and a.failed]
    assert traffic.shares_lately() == {FIRST.version: 1.0}
    assert stage.client.verdict(version.version) == "Rejected"
    assert status.concluded.reason in stage.client.events()


async def test_a_version_that_cannot_load_its_model_never_gets_a_request(stage: Stage) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(BROKEN)
        status = await stage.client.wait_for("the rejection", was_taken_back(BROKEN.version), 100)
        await asyncio.sleep(1)
    assert status.concluded is not None
    assert status.concluded.reason in {"ModelLoadFailed", "NotReady", "CrashLoop"}
    assert {answer.version for answer in traffic.answers} == {FIRST.version}
    assert not [answer for answer in traffic.answers if answer.failed]


async def test_a_version_that_turns_bad_after_its_promotion_is_taken_back_while_it_is_observed(stage: Stage) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(LATE, strategy={**QUICK_STRATEGY, "observationSeconds": 120})
        await stage.client.wait_for("v1.6.0 to serve", is_stable(LATE.version), 60)
        assert not [answer for answer in traffic.answers if answer.failed]
        pod = f"deploy/fill-mask-{version_slug(LATE.version)}"
        stage.cluster.kubectl("exec", "-n", stage.namespace, pod, "--", "touch", LATE.fault_file)
        status = await stage.client.wait_for("the rollback", was_taken_back(LATE.version), 60)
        await asyncio.sleep(3)
    assert status.stable == FIRST.version
    assert stage.client.verdict(LATE.version) == "Rejected"
    assert [answer for answer in traffic.answers if answer.failed], "the fault was real"
    assert traffic.shares_lately() == {FIRST.version: 1.0}


async def test_editing_the_version_back_moves_all_traffic_without_a_failed_request(stage: Stage) -> None:
    await second_version_promoted(stage)
    async with background(stage.traffic(2 * RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        await asyncio.sleep(1)
        edited_at = stage.client.edit({"version": FIRST.version})
        await stage.client.wait_for("v1.0.0 to serve", is_stable(FIRST.version), 30)
        await asyncio.sleep(3)
    assert not [answer for answer in traffic.answers if answer.failed]
    # The proxies have the route of the promotion a tenth of a second after the status tells of it.
    assert {a.version for a in traffic.since(edited_at - 0.5) if a.sent_at < edited_at} == {IMPROVED.version}
    assert {a.version for a in traffic.since(edited_at + 2)} == {FIRST.version}
    assert "SwitchedBack" in stage.client.events()


async def test_a_rejected_version_stays_rejected_until_it_is_retried(stage: Stage) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(FAILING)
        await stage.client.wait_for("the rollback", was_taken_back(FAILING.version), 100)
        stage.client.edit({"version": FIRST.version})
        await stage.client.wait_for("rest", lambda s: s.concluded is None, 10)
        stage.client.edit({"version": FAILING.version})
        quiet_since = traffic.answers[-1].sent_at + 1
        await asyncio.sleep(8)
        assert {answer.version for answer in traffic.since(quiet_since)} == {FIRST.version}
        stage.client.command("retry", FAILING.version)
        await stage.client.wait_for_verdict(FAILING.version, "Candidate", 60)
        await stage.client.wait_for_verdict(FAILING.version, "Rejected", 60)
    assert stage.client.status().stable == FIRST.version
