"""Four stages with real traffic: a good version travels to prod, a bad one as far as somebody can see its fault."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import pytest

from demo.environments import Environment, environments
from demo.release import is_stable, was_taken_back
from demo.traffic import Traffic, background
from demo.versions import FAILING, FIRST, IMPROVED
from devcluster import Cluster
from tests.e2e.scenes import UNHURRIED

pytestmark = pytest.mark.timeout(540, func_only=True)

NAMES: Final = ("dev", "test", "staging", "prod")
RATE_PER_SECOND: Final = 25.0
LONGEST_SECONDS: Final = 500.0
SOAK_SECONDS: Final = 2
STRATEGY: Final[dict[str, Any]] = {
    "kind": "canary",
    "canary": {"steps": [{"weight": 50, "holdSeconds": 5}]},
    "readyDeadlineSeconds": 60,
    "stepDeadlineSeconds": 60,
    "observationSeconds": 20,
}
# In dev and test nobody minds errors: only staging's limits show what is wrong with FAILING.
SEEING: Final = UNHURRIED | {"minimumSample": 20}
BLIND: Final = SEEING | {"errorRate": {"enabled": False}}


@pytest.fixture
def stages(cluster: Cluster) -> Iterator[list[Environment]]:
    """dev, test, staging, prod; each lets the next one follow."""
    found = environments(cluster, NAMES, "e2e")
    for environment in found:
        health = BLIND if environment.name in {"dev", "test"} else SEEING
        environment.release(FIRST, soak_seconds=SOAK_SECONDS, strategy=STRATEGY, health=health)
    yield found
    for environment in found:
        environment.stage.remove()


@asynccontextmanager
async def users(stages: list[Environment]) -> AsyncIterator[list[Traffic]]:
    """Of every environment, from the moment on that its first version serves."""
    async with AsyncExitStack() as stack:
        traffic = []
        for environment in stages:
            await environment.client.wait_for(f"v1.0.0 in {environment.name}", is_stable(FIRST.version), 90)
            traffic.append(
                await stack.enter_async_context(background(environment.traffic(RATE_PER_SECOND), LONGEST_SECONDS))
            )
        yield traffic


async def test_a_good_version_travels_to_prod_and_a_bad_one_as_far_as_its_fault_is_seen(
    stages: list[Environment],
) -> None:
    dev, _test, staging, prod = stages
    async with users(stages) as traffic:
        dev.client.edit({"version": IMPROVED.version})
        for environment in stages:
            await environment.client.wait_for(f"v1.1.0 in {environment.name}", is_stable(IMPROVED.version), 90)
        records = [environment.client.revisions()[IMPROVED.version] for environment in stages]
        assert len({record["status"]["imageId"] for record in records}) == 1
        assert len({record["status"]["fingerprint"] for record in records}) == 1
        assert [record["spec"].get("promotedFrom") for record in records] == [
            None,
            *(f"{environment.stage.namespace}/fill-mask" for environment in stages[:-1]),
        ]
        failed = [answer for one in traffic for answer in one.answers if answer.failed and answer.version]
        assert not failed, failed[:3]

        dev.client.edit({"version": FAILING.version})
        status = await staging.client.wait_for("the rejection in staging", was_taken_back(FAILING.version), 150)
        await asyncio.sleep(3 * SOAK_SECONDS)
    assert status.concluded is not None
    assert status.concluded.reason == "ErrorRateFailed"
    assert [environment.client.status().stable for environment in stages] == [
        *(FAILING.version, FAILING.version),
        *(IMPROVED.version, IMPROVED.version),
    ]
    assert FAILING.version not in prod.client.revisions()
    assert FAILING.version not in {answer.version for answer in traffic[-1].answers}
    assert not [answer for answer in traffic[-1].answers if answer.failed and answer.version]
