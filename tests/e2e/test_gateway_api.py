"""The router gatewayAPI with real traffic: an HTTPRoute, through a Gateway of the Kubernetes Gateway API."""

import asyncio
from typing import Any, Final

import pytest

from demo.release import HOST, is_stable, was_taken_back
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FAILING, FIRST, IMPROVED
from tests.e2e.scenes import LONGEST_SECONDS, RATE_PER_SECOND, first_version_proven
from tests.e2e.users import User

pytestmark = pytest.mark.timeout(300)

NETWORK: Final[dict[str, Any]] = {"router": "gatewayAPI", "hosts": [HOST], "gateways": ["istio-system/kubernetes"]}
# By the same Envoy as the Gateway of Istio's own.
GATEWAY: Final[dict[str, Any]] = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "kubernetes", "namespace": "istio-system"},
    "spec": {
        "gatewayClassName": "istio",
        "addresses": [{"type": "Hostname", "value": "istio-ingressgateway.istio-system.svc.cluster.local"}],
        "listeners": [
            {"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}
        ],
    },
}
TESTERS: Final[dict[str, Any]] = {
    "kind": "abTest",
    "abTest": {
        "weight": 0,
        "match": [{"headers": {"x-tester": "yes"}}],
        "minDurationSeconds": 5,
        "minimumSample": 50,
        "then": "promote",
    },
    "readyDeadlineSeconds": 60,
    "stepDeadlineSeconds": 90,
    "observationSeconds": 30,
}


@pytest.fixture
def routed(stage: Stage) -> Stage:
    stage.apply(GATEWAY)
    return stage


async def test_a_good_version_is_promoted_and_going_back_by_edit_loses_no_request(routed: Stage) -> None:
    await first_version_proven(routed, network=NETWORK)
    async with background(routed.traffic(2 * RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        routed.release(IMPROVED, network=NETWORK)
        await routed.client.wait_for("v1.1.0 at 50 %", lambda s: s.weights.applied.get("v1.1.0") == 50, 90)
        await asyncio.sleep(1)
        since = traffic.answers[-1].sent_at
        await asyncio.sleep(4)
        assert traffic.shares(since=since)[IMPROVED.version] == pytest.approx(0.5, abs=0.1)
        await routed.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 60)
        await asyncio.sleep(2)
        edited_at = routed.client.edit({"version": FIRST.version})
        await routed.client.wait_for("v1.0.0 to serve", is_stable(FIRST.version), 30)
        await asyncio.sleep(3)
    assert not [answer for answer in traffic.answers if answer.failed]
    assert {answer.version for answer in traffic.since(edited_at + 2)} == {FIRST.version}
    assert "virtualservice" not in routed.cluster.kubectl(
        "get", "virtualservices", "-n", routed.namespace, "-o", "name"
    )


async def test_a_failing_version_is_taken_back(routed: Stage) -> None:
    await first_version_proven(routed, network=NETWORK)
    async with background(routed.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        routed.release(FAILING, network=NETWORK)
        await routed.client.wait_for("the rollback", was_taken_back(FAILING.version), 120)
        await asyncio.sleep(2)
    assert routed.client.verdict(FAILING.version) == "Rejected"
    assert [answer for answer in traffic.answers if answer.failed], "the fault was real"
    assert not [answer for answer in traffic.answers if answer.failed and answer.version != FAILING.version]
    assert traffic.shares_lately() == {FIRST.version: 1.0}


async def test_testers_alone_see_the_candidate_until_it_is_promoted(routed: Stage) -> None:
    await first_version_proven(routed, network=NETWORK, strategy=TESTERS)
    async with background(routed.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        routed.release(IMPROVED, network=NETWORK, strategy=TESTERS)
        await routed.client.wait_for("the test", lambda s: s.phase == "Analyzing", 90)
        await asyncio.sleep(1)
        tester = User(routed.cluster.gateway_url, {"x-tester": "yes"})
        assert await tester.asks(60) == {IMPROVED.version}
        assert {answer.version for answer in traffic.answers} == {FIRST.version}
        await routed.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 90)
        await asyncio.sleep(2)
    assert not [answer for answer in traffic.answers if answer.failed]
    assert traffic.shares_lately() == {IMPROVED.version: 1.0}
