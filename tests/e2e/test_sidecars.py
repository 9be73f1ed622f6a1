"""spec.network in a mesh: real sidecars, with certificates of istiod's own authority, put in by its webhook."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from rich.console import Console

from bertrelease_operator.api.status import BertReleaseStatus, Verdict
from demo.images import build_and_load
from demo.install import install_operator
from demo.release import QUICK_STRATEGY, ReleaseClient, is_stable
from demo.stage import Stage
from demo.versions import FIRST, IMPROVED, DemoVersion
from devcluster import Cluster
from devcluster.progress import ConsoleReporter
from tests.e2e.mesh_clients import NO_ANSWER, MeshAnswer, MeshClient
from tests.e2e.scenes import LONG_OBSERVED, UNHURRIED
from tests.support.tokens import ISSUER, KEYS, token

pytestmark = pytest.mark.timeout(300)

HALTING: Final = DemoVersion("v1.0.1", "good", "unavailable", fault_file="/tmp/fault")  # noqa: S108 - in the pod
WITH_TOKEN: Final = {"authorization": f"Bearer {token()}"}
HOST: Final = "fill-mask.nlp"
OPEN: Final[dict[str, Any]] = {"mtls": None, "callers": None, "jwt": None, "rateLimit": None}
CLOSED: Final[dict[str, Any]] = {
    "mtls": "STRICT",
    "callers": [{"namespace": "web", "serviceAccount": "frontend"}],
    "jwt": {"issuer": ISSUER, "jwks": KEYS},
    "rateLimit": None,
}
PATIENCE_SECONDS: Final = 30.0


@pytest.fixture(scope="module")
def mesh() -> Iterator[Cluster]:
    console = Console(stderr=True)
    cluster = Cluster("t-sidecars", ConsoleReporter(console))
    cluster.down()
    try:
        cluster.up(profile="sidecars")
        install_operator(cluster, build_and_load(cluster, (FIRST, IMPROVED, HALTING), console))
        for name, injection in {"nlp": "enabled", "web": "enabled", "plain": "disabled"}.items():
            metadata = {"name": name, "labels": {"istio-injection": injection}}
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
            cluster.kubectl("apply", "-f", "-", stdin=json.dumps(namespace))
        yield cluster
    finally:
        cluster.down()


@pytest.fixture(scope="module")
def frontend(mesh: Cluster) -> MeshClient:
    return MeshClient.start(mesh, "web", "frontend", FIRST.image).until_ready()


@pytest.fixture(scope="module")
def stage(mesh: Cluster, frontend: MeshClient) -> Stage:
    """v1.0.1 serves with two pods that accept nothing but mutual TLS."""
    stage = Stage(mesh, "nlp", ReleaseClient(mesh.kubeconfig, "nlp"), {"health": UNHURRIED})
    network = {"mtls": "STRICT", "outlierDetection": {"intervalSeconds": 1, "baseEjectionSeconds": 60}}
    strategy = QUICK_STRATEGY | LONG_OBSERVED
    stage.release(HALTING, replicas=2, network=network, strategy=strategy, config={"threads": 1, "drainSeconds": 1})
    asyncio.run(stage.client.wait_for("v1.0.1 to serve", is_stable(HALTING.version), 120))
    return stage


def eventually(look: Callable[[], set[int]], wanted: set[int]) -> None:
    """Sidecars hear of a change a moment after it is made, and not all at the same time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (seen := look()) != wanted:
        if time.monotonic() > deadline:
            pytest.fail(f"wanted {wanted}, saw {seen} at last")
        time.sleep(0.2)


def statuses(answers: list[MeshAnswer]) -> set[int]:
    return {answer.status for answer in answers}


def has_passed_its_gates(status: BertReleaseStatus) -> bool:
    rollout = status.rollout
    return rollout is not None and bool(rollout.gates) and all(gate.verdict is Verdict.PASS for gate in rollout.gates)


def test_plaintext_is_refused_and_mutual_tls_is_not(stage: Stage, frontend: MeshClient) -> None:
    outsider = MeshClient.start(stage.cluster, "plain", "outsider", FIRST.image).until_ready()
    stage.client.edit({"network": {**OPEN, "mtls": "STRICT"}})
    eventually(lambda: statuses(outsider.asks(HOST, 10)), {NO_ANSWER})
    assert statuses(frontend.asks(HOST, 5)) == {200}
    stage.client.edit({"network": {"mtls": "PERMISSIVE"}})
    eventually(lambda: statuses(outsider.asks(HOST, 10)), {200})


async def test_an_operator_outside_the_mesh_judges_by_figures_that_it_reads_past_the_sidecars(
    stage: Stage, frontend: MeshClient
) -> None:
    stage.client.edit({"network": {**OPEN, "mtls": "STRICT"}})
    assert statuses(await asyncio.to_thread(frontend.asks, HOST, 200)) == {200}
    await stage.client.wait_for_verdict(HALTING.version, "Proven", 60)


def test_another_caller_gets_403_and_a_caller_without_a_good_token_401(stage: Stage, frontend: MeshClient) -> None:
    another = MeshClient.start(stage.cluster, "web", "another", FIRST.image).until_ready()
    stage.client.edit({"network": CLOSED})
    eventually(lambda: statuses(frontend.asks(HOST, 10)), {401})
    assert statuses(frontend.asks(HOST, headers={"authorization": f"Bearer {token(b'another')}"})) == {401}
    assert statuses(frontend.asks(HOST, 5, WITH_TOKEN)) == {200}
    assert statuses(another.asks(HOST, headers=WITH_TOKEN)) == {403}


async def test_an_operator_in_the_mesh_asks_golden_cases_without_a_token(stage: Stage) -> None:
    install_operator(stage.cluster, "in the mesh", mesh={"enabled": True})
    gate = {"name": "golden", "kind": "goldenSet", "goldenSet": {"bundle": True}}
    stage.client.edit({"version": IMPROVED.version, "network": CLOSED, "gates": [gate]})
    passed = await stage.client.wait_for("the gate to pass", has_passed_its_gates, 120)
    assert passed.stable == HALTING.version
    stage.client.edit({"version": HALTING.version, "gates": []})
    await stage.client.wait_for("v1.0.1 to serve alone", is_stable(HALTING.version), 60)


def test_who_asks_too_fast_gets_429(stage: Stage, frontend: MeshClient) -> None:
    stage.client.edit({"network": {**OPEN, "mtls": "STRICT", "rateLimit": {"requestsPerSecond": 1, "burst": 5}}})
    eventually(lambda: statuses(frontend.asks(HOST, 50)), {200, 429})


def test_a_pod_that_fails_is_left_out_although_it_is_ready(stage: Stage, frontend: MeshClient) -> None:
    stage.client.edit({"network": OPEN})
    eventually(lambda: statuses(frontend.asks(HOST, 20)), {200})
    selector = f"bertrelease.io/version={HALTING.version}"
    pods = stage.cluster.kubectl("get", "pods", "-n", "nlp", "-l", selector, "-o", "name").split()
    assert len(pods) == 2
    stage.cluster.kubectl("exec", pods[0], "-n", "nlp", "-c", "server", "--", "touch", HALTING.fault_file)
    assert 503 in statuses(frontend.asks(HOST, 20)), "the fault is real"
    eventually(lambda: statuses(frontend.asks(HOST, 20)), {200})
    ready = stage.cluster.kubectl("get", "pods", "-n", "nlp", "-l", selector, "--no-headers")
    assert ready.count("2/2") == 2
    stage.cluster.kubectl("exec", pods[0], "-n", "nlp", "-c", "server", "--", "rm", HALTING.fault_file)


def test_a_clients_own_sidecar_splits_its_requests_by_the_weights(stage: Stage, frontend: MeshClient) -> None:
    stage.client.edit({"network": {**OPEN, "mtls": "STRICT"}})
    shares = [{"version": HALTING.version, "weight": 70}, {"version": IMPROVED.version, "weight": 30}]
    stage.client.edit({"version": IMPROVED.version, "traffic": shares})
    asyncio.run(
        stage.client.wait_for("70 : 30", lambda status: status.weights.applied.get(IMPROVED.version) == 30, 120)
    )
    eventually(lambda: statuses(frontend.asks(HOST, 20)), {200})
    time.sleep(1)
    seen = Counter(answer.version for answer in frontend.asks(HOST, 400))
    assert seen[IMPROVED.version] / 400 == pytest.approx(0.3, abs=0.08)
    assert set(seen) == {HALTING.version, IMPROVED.version}
