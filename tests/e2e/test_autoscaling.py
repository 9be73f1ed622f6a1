"""The number of pods changes under a canary, as an autoscaler changes it, with real traffic.

The autoscalers are those of the cluster's own controller-manager. Without metrics they only keep to their bounds, so
the test does what they would do with metrics: through the scale subresource, at moments that it chooses.
"""

import asyncio
import json
from collections.abc import Callable

import pytest

from bertrelease_operator.api.names import child_name
from bertrelease_operator.api.status import BertReleaseStatus
from demo.release import is_stable
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FIRST, IMPROVED, DemoVersion
from tests.e2e.scenes import LONGEST_SECONDS, first_version_proven

pytestmark = pytest.mark.timeout(300)

AUTOSCALED = {"autoscaling": {"maxReplicas": 3, "cpuUtilizationPercent": 80}}
RATE_PER_SECOND = 60.0


def _name(version: DemoVersion) -> str:
    return child_name("fill-mask", version.version)


async def scale(stage: Stage, version: DemoVersion, replicas: int) -> None:
    await asyncio.to_thread(
        stage.cluster.kubectl, "-n", stage.namespace, "scale", "deployment", _name(version), f"--replicas={replicas}"
    )


async def spec_of(stage: Stage, kind: str, version: DemoVersion) -> dict[str, int]:
    text = await asyncio.to_thread(
        stage.cluster.kubectl, "-n", stage.namespace, "get", kind, _name(version), "--output=json"
    )
    found: dict[str, int] = json.loads(text)["spec"]
    return found


def _has_share(percent: int) -> Callable[[BertReleaseStatus], bool]:
    return lambda status: status.weights.applied.get(IMPROVED.version) == percent


def _needed(status: BertReleaseStatus) -> int | None:
    """Pods that carry all of the traffic, as the rollout knows it."""
    return status.rollout.full_replicas if status.rollout is not None else None


async def test_pods_that_come_and_go_under_a_canary_cost_no_request(stage: Stage) -> None:
    await first_version_proven(stage, **AUTOSCALED)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, **AUTOSCALED)
        await stage.client.wait_for("v1.1.0 at 10 %", _has_share(10), 90)
        await scale(stage, FIRST, 3)  # load rises: the stable version's autoscaler acts
        await stage.client.wait_for("what 100 % needs is known", lambda s: _needed(s) == 3, 30)
        await scale(stage, FIRST, 1)  # and takes it back, although the bounds forbid it by now
        await scale(stage, IMPROVED, 3)  # the candidate's acts as well
        await stage.client.wait_for("v1.1.0 at 50 %", _has_share(50), 90)
        await scale(stage, IMPROVED, 1)
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 120)
        await asyncio.sleep(3)
    assert not [answer for answer in traffic.answers if answer.failed]
    assert len(traffic.answers) > 1000
    for version in (FIRST, IMPROVED):
        assert (await spec_of(stage, "deployment", version))["replicas"] == 3
        bounds = await spec_of(stage, "hpa", version)
        assert (bounds["minReplicas"], bounds["maxReplicas"]) == (3, 3)
