"""The load test's Job, and what is made of the figures that it leaves."""

import json
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest

from bertrelease_operator.adapters.gates.load_test import LoadTestGate
from bertrelease_operator.api.gates import Gate, GateKind
from bertrelease_operator.api.secrets import ApiKeys
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.render.metadata import KubeObject
from tests.unit.operator.adapters.gates.questions import question
from tests.unit.operator.runtime.fake_cluster import FakeCluster

SECTION: dict[str, Any] = {"ratePerSecond": 12.5, "durationSeconds": 20, "lengths": {"shortest": 8, "longest": 32}}
GATE = Gate.model_validate({"name": "load", "kind": "loadTest", "loadTest": SECTION})
QUESTION = question(
    GATE,
    GateRun("load", GateKind.LOAD_TEST, "v1.1.0", "v1.0.0", 1, "traffic"),
    {"v1.1.0": "http://fill-mask-v1-1-0.default.svc.cluster.local:80", "v1.0.0": "http://old"},
)
FIGURES = {
    **{"answered": 250, "refused": 0, "failed": 0, "lost": 0, "generator_cores": 0.1},
    **{"latency_ms.p95": 40.0, "answers_per_second": 12.5},
}


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


async def look(cluster: FakeCluster) -> GateResult:
    return await LoadTestGate(cluster).run(QUESTION)


def job_of(cluster: FakeCluster) -> KubeObject:
    (job,) = (obj for key, obj in cluster.objects.items() if key[0] == "Job")
    return job


def ended(cluster: FakeCluster, condition: str, message: str, exit_code: int = 0) -> None:
    """The Job is over, and its pod left `message`."""
    conditions = [{"type": condition, "status": "True", "message": "Job has reached the specified backoff limit"}]
    cluster.seed({**job_of(cluster), "status": {"conditions": conditions}})
    state = {"terminated": {"exitCode": exit_code, "message": message}}
    metadata = {"name": "load-1", "namespace": "default", "creationTimestamp": "2026-01-01T00:00:00Z"}
    cluster.seed({"kind": "Pod", "metadata": metadata, "status": {"containerStatuses": [{"state": state}]}})


async def test_the_candidates_own_image_puts_the_load_on_its_own_service(cluster: FakeCluster) -> None:
    assert (await look(cluster)).verdict is Verdict.INCONCLUSIVE
    pod = job_of(cluster)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert (container["image"], container["imagePullPolicy"]) == ("localhost/bert-server:v1.1.0", "Never")
    assert pod["imagePullSecrets"] == [{"name": "registry"}]
    assert container["command"] == [
        *("bert-server", "bench", "http://fill-mask-v1-1-0.default.svc.cluster.local:80"),
        *("--workload", "fill-mask", "--rate", "12.5", "--seconds", "20", "--shortest", "8", "--longest", "32"),
        *("--header", "x-bert-gate: load", "--report", "/dev/termination-log"),
    ]
    assert "cpu" not in container["resources"].get("limits", {})


async def test_it_mounts_the_keys_that_the_version_asks_for_and_brings_one(cluster: FakeCluster) -> None:
    keys = ApiKeys(name="clients", key="today.txt")
    config = QUESTION.record.config.model_copy(update={"api_keys": keys})
    record = QUESTION.record.model_copy(update={"config": config})
    await LoadTestGate(cluster).run(replace(QUESTION, record=record, api_keys={"v1.1.0": keys}))
    pod = job_of(cluster)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    file = PurePosixPath(container["command"][container["command"].index("--api-keys-file") + 1])
    (mount,) = (mount for mount in container["volumeMounts"] if mount["mountPath"] == str(file.parent))
    assert mount["readOnly"]
    assert {"name": mount["name"], "secret": {"secretName": "clients"}} in pod["volumes"]
    assert file.name == "today.txt"


@pytest.mark.parametrize(("p95_ms", "verdict"), [(40.0, Verdict.PASS), (400.0, Verdict.FAIL)])
async def test_its_figures_are_judged(cluster: FakeCluster, p95_ms: float, verdict: Verdict) -> None:
    await look(cluster)
    ended(cluster, "Complete", json.dumps(FIGURES | {"latency_ms.p95": p95_ms}))
    result = await look(cluster)
    assert result.verdict is verdict
    assert [check.name for check in result.checks] == ["error-rate", "p95-latency"]


async def test_a_generator_that_failed_has_said_nothing_about_the_version(cluster: FakeCluster) -> None:
    await look(cluster)
    ended(cluster, "Failed", "nothing answers at http://fill-mask-v1-1-0; start a server, or check the address", 1)
    result = await look(cluster)
    assert result.verdict is Verdict.NO_DATA
    assert "nothing answers at" in result.message


async def test_a_job_without_figures_is_no_data(cluster: FakeCluster) -> None:
    await look(cluster)
    ended(cluster, "Complete", "")
    assert (await look(cluster)).verdict is Verdict.NO_DATA


async def test_what_is_not_wanted_any_more_is_deleted(cluster: FakeCluster) -> None:
    await look(cluster)
    await LoadTestGate(cluster).clean_up(QUESTION)
    assert not [key for key in cluster.objects if key[0] == "Job"]
