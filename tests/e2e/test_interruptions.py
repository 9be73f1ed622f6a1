"""Every strategy but the canary in its middle: figures go away, the operator dies, a person changes their mind.

The canary's are in test_outages.py.
"""

import asyncio
from typing import Any, Final

import pytest

from bertrelease_operator.api.status import BertReleaseStatus, RolloutStage
from demo.install import OPERATOR_NAMESPACE, operator_pods
from demo.release import is_stable
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FIRST, IMPROVED, LATE
from tests.e2e.scenes import LONGEST_SECONDS, RATE_PER_SECOND, UNHURRIED, first_version_proven

pytestmark = pytest.mark.timeout(300)

HOLD_SECONDS: Final = 8
SECTIONS: Final[dict[str, dict[str, Any]]] = {
    "blueGreen": {"holdSeconds": HOLD_SECONDS},
    "mirror": {"percent": 50, "holdSeconds": HOLD_SECONDS, "then": "promote"},
    "abTest": {"weight": 50, "minDurationSeconds": HOLD_SECONDS, "minimumSample": 100, "then": "promote"},
}
every_strategy = pytest.mark.parametrize("kind", SECTIONS)


def strategy_of(kind: str) -> dict[str, Any]:
    deadlines = {"readyDeadlineSeconds": 60, "stepDeadlineSeconds": 60, "observationSeconds": 30}
    return {"kind": kind, kind: SECTIONS[kind], **deadlines}


def is_in_its_middle(status: BertReleaseStatus) -> bool:
    return status.rollout is not None and status.rollout.stage is RolloutStage.STEPPING


@every_strategy
async def test_it_holds_while_figures_are_gone_and_goes_on_with_the_next_operator(stage: Stage, kind: str) -> None:
    source = {"kind": "prometheus", "url": stage.cluster.prometheus_url}
    spec: dict[str, Any] = {"strategy": strategy_of(kind), "health": UNHURRIED | {"source": source}}
    await first_version_proven(stage, **spec)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, **spec)
        await stage.client.wait_for("v1.1.0 to be judged", is_in_its_middle, 90)
        stage.cluster.stop("prometheus")
        try:
            for _ in range(HOLD_SECONDS + 4):
                await asyncio.sleep(1)
                status = stage.client.status()
                assert is_in_its_middle(status), status.message
        finally:
            stage.cluster.start("prometheus")
        pods = operator_pods(stage.cluster)
        stage.cluster.kubectl("delete", "pod", "-n", OPERATOR_NAMESPACE, "--grace-period=0", "--force", *pods)
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 110)
        # Blue-green has judged no request before its switch: it is proven by how it serves.
        await stage.client.wait_for_verdict(IMPROVED.version, "Proven", 60)
    assert not [answer for answer in traffic.answers if answer.failed]


@every_strategy
async def test_another_version_takes_the_place_of_the_one_that_is_judged(stage: Stage, kind: str) -> None:
    strategy = strategy_of(kind)
    await first_version_proven(stage, strategy=strategy)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, strategy=strategy)
        await stage.client.wait_for("v1.1.0 to be judged", is_in_its_middle, 90)
        stage.release(LATE, strategy=strategy)
        await stage.client.wait_for("v1.6.0 to serve", is_stable(LATE.version), 110)
        await asyncio.sleep(2)
    assert not [answer for answer in traffic.answers if answer.failed]
    assert traffic.shares(since=traffic.answers[-1].sent_at - 1) == {LATE.version: 1.0}
    assert stage.client.verdict(IMPROVED.version) not in {"Proven", "Rejected"}
    assert FIRST.version in {answer.version for answer in traffic.answers}
