"""Every strategy in its middle: figures go away, the operator dies, a person changes their mind.

The canary's outages are in test_outages.py. Under mirroring the candidate's answers are judged as well.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest

from bertrelease_operator.api.status import BertReleaseStatus, RolloutStage
from demo.install import OPERATOR_NAMESPACE, operator_pods
from demo.release import QUICK_STRATEGY, is_stable, was_taken_back
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
DRIFT: Final[dict[str, Any]] = {"predictionDrift": {"minAgreement": 90, "minimumSample": 100}}


def spec_of(kind: str, **health: Any) -> dict[str, Any]:
    deadlines = {"readyDeadlineSeconds": 60, "stepDeadlineSeconds": 60, "observationSeconds": 30}
    strategy = {"kind": kind, kind: SECTIONS[kind], **deadlines} if kind in SECTIONS else QUICK_STRATEGY
    return {"strategy": strategy, "health": UNHURRIED | (DRIFT if kind == "mirror" else {}) | health}


def judges(version: str) -> Callable[[BertReleaseStatus], bool]:
    """`version` is in the middle of its way."""
    return lambda status: (
        status.rollout is not None
        and status.rollout.version == version
        and status.rollout.stage is RolloutStage.STEPPING
    )


@pytest.mark.parametrize("kind", SECTIONS)
async def test_it_holds_while_figures_are_gone_and_goes_on_with_the_next_operator(stage: Stage, kind: str) -> None:
    spec = spec_of(kind, source={"kind": "prometheus", "url": stage.cluster.prometheus_url})
    await first_version_proven(stage, **spec)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, **spec)
        await stage.client.wait_for("v1.1.0 to be judged", judges(IMPROVED.version), 90)
        stage.cluster.stop("prometheus")
        try:
            for _ in range(HOLD_SECONDS + 4):
                await asyncio.sleep(1)
                status = stage.client.status()
                assert judges(IMPROVED.version)(status), status.message
        finally:
            stage.cluster.start("prometheus")
        pods = operator_pods(stage.cluster)
        stage.cluster.kubectl("delete", "pod", "-n", OPERATOR_NAMESPACE, "--grace-period=0", "--force", *pods)
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 110)
        # Blue-green has judged no request before its switch: it is proven by how it serves.
        await stage.client.wait_for_verdict(IMPROVED.version, "Proven", 60)
    assert not [answer for answer in traffic.answers if answer.failed]


@pytest.mark.parametrize("kind", [*SECTIONS, "canary"])
async def test_a_person_takes_another_version_gives_that_up_and_tries_it_again(stage: Stage, kind: str) -> None:
    spec = spec_of(kind)
    await first_version_proven(stage, **spec)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, **spec)
        await stage.client.wait_for("v1.1.0 to be judged", judges(IMPROVED.version), 90)
        stage.release(LATE, **spec)
        await stage.client.wait_for("v1.6.0 to be judged", judges(LATE.version), 90)
        stage.client.command("abort", LATE.version)
        await stage.client.wait_for("the end of v1.6.0", was_taken_back(LATE.version), 30)
        await asyncio.sleep(2)
        assert traffic.shares_lately() == {FIRST.version: 1.0}
        assert stage.client.verdict(LATE.version) == "Unproven"
        stage.client.command("retry", LATE.version)
        await stage.client.wait_for("v1.6.0 to serve", is_stable(LATE.version), 110)
        await asyncio.sleep(2)
        assert traffic.shares_lately() == {LATE.version: 1.0}
    assert not [answer for answer in traffic.answers if answer.failed]
    assert stage.client.verdict(IMPROVED.version) not in {"Proven", "Rejected"}
