"""Jobs of gates: created once, read, deleted."""

from typing import Any

import pytest

from bertrelease_operator.adapters.errors import ForbiddenError
from bertrelease_operator.adapters.gates.contract import GateQuestion
from bertrelease_operator.adapters.gates.job import JobGate
from bertrelease_operator.api.gates import Gate, GateKind
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.render.metadata import KubeObject, Owner
from tests.unit.operator.adapters.gates.questions import RECORD
from tests.unit.operator.runtime.fake_cluster import FakeCluster, failing

QUESTION = GateQuestion(
    namespace="shop",
    release="bert",
    run=GateRun("checks", GateKind.JOB, "v1.1.0", "v1.0.0", 1, "traffic"),
    gate=Gate.model_validate({"name": "checks", "kind": "job", "job": {"template": {"image": "localhost/checks:v1"}}}),
    urls={"v1.1.0": "http://new", "v1.0.0": "http://old"},
    api_keys={},
    owner=Owner("BertRevision", "bert-v1-1-0", "shop", "uid"),
    record=RECORD,
    image=None,
    fingerprint=None,
)

POD = ("spec", "template", "spec")
CONTAINER = (*POD, "containers", 0)


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


def stored(cluster: FakeCluster) -> KubeObject:
    (job,) = (obj for key, obj in cluster.objects.items() if key[0] == "Job")
    return job


def ended(cluster: FakeCluster, condition: str, **fields: str) -> None:
    cluster.seed({**stored(cluster), "status": {"conditions": [{"type": condition, "status": "True", **fields}]}})


def pod(cluster: FakeCluster, state: dict[str, Any], name: str = "checks-1", **status: Any) -> None:
    status = {"containerStatuses": [{"state": state}], **status}
    metadata = {"name": name, "namespace": "shop", "creationTimestamp": f"2026-01-01T00:00:0{name[-1]}Z"}
    cluster.seed({"kind": "Pod", "metadata": metadata, "status": status})


async def look(cluster: FakeCluster) -> GateResult:
    return await JobGate(cluster).run(QUESTION)


async def test_the_job_is_created_once_and_found_again_by_another_process(cluster: FakeCluster) -> None:
    for _ in range(3):
        result = await look(cluster)
    assert cluster.writes() == [("create", "Job")]
    assert (result.verdict, result.again_in_seconds) == (Verdict.INCONCLUSIVE, 2)


async def test_success_passes_with_what_it_said(cluster: FakeCluster) -> None:
    await look(cluster)
    pod(cluster, {"terminated": {"exitCode": 0, "message": "9 of 9 cases are right.\n"}})
    ended(cluster, "Complete")
    result = await look(cluster)
    assert result.verdict is Verdict.PASS
    assert result.message.endswith("succeeded: 9 of 9 cases are right.")


async def test_failure_fails_with_the_last_words_of_its_last_pod(cluster: FakeCluster) -> None:
    await look(cluster)
    pod(cluster, {"terminated": {"exitCode": 1, "message": "生气"}}, "checks-1")
    pod(cluster, {"terminated": {"exitCode": 3, "message": "火锅\n错了"}}, "checks-2")
    ended(cluster, "Failed", reason="BackoffLimitExceeded", message="Job has reached the specified backoff limit")
    result = await look(cluster)
    assert result.verdict is Verdict.FAIL
    assert result.message.endswith("failed: exit code 3: 火锅 错了.")


async def test_a_failure_of_which_no_pod_is_left_has_the_job_s_own_words(cluster: FakeCluster) -> None:
    await look(cluster)
    ended(cluster, "Failed", reason="BackoffLimitExceeded", message="Job has reached the specified backoff limit")
    assert (await look(cluster)).message.endswith("failed: Job has reached the specified backoff limit.")


async def test_a_job_that_came_to_no_end_is_no_data(cluster: FakeCluster) -> None:
    await look(cluster)
    ended(cluster, "Failed", reason="DeadlineExceeded", message="Job was active longer than specified deadline")
    assert (await look(cluster)).verdict is Verdict.NO_DATA


@pytest.mark.parametrize(
    ("state", "status", "said"),
    [
        (
            {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}},
            {},
            "ImagePullBackOff: no such image",
        ),
        (
            {},
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}]},
            "no node takes it: 0/1 nodes are available",
        ),
    ],
)
async def test_a_pod_that_does_not_start_is_no_data(
    cluster: FakeCluster, state: dict[str, Any], status: dict[str, Any], said: str
) -> None:
    await look(cluster)
    pod(cluster, state, **status)
    result = await look(cluster)
    assert (result.verdict, said in result.message) == (Verdict.NO_DATA, True)


async def test_a_pod_that_starts_as_usual_is_awaited(cluster: FakeCluster) -> None:
    await look(cluster)
    pod(cluster, {"waiting": {"reason": "ContainerCreating"}})
    assert (await look(cluster)).verdict is Verdict.INCONCLUSIVE


async def test_a_job_that_cannot_be_created_is_no_data(cluster: FakeCluster) -> None:
    cluster.fault = failing(ForbiddenError("exceeded quota"), kind="Job")
    result = await look(cluster)
    assert (result.verdict, "exceeded quota" in result.message) == (Verdict.NO_DATA, True)
    assert (await look(cluster)).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("metadata", "ownerReferences", 0, "uid"), "somebody", "metadata.ownerReferences[uid]"),
        ((*CONTAINER, "image"), "localhost/always-right", "spec.template.spec.containers[gate].image"),
        ((*CONTAINER, "command"), ["true"], "spec.template.spec.containers[gate].command"),
        ((*POD, "hostAliases"), [{"ip": "10.0.0.1", "hostnames": ["new"]}], "spec.template.spec.hostAliases"),
    ],
    ids=["owner", "image", "command", "hosts"],
)
async def test_a_job_that_somebody_else_made_under_that_name_says_nothing(
    cluster: FakeCluster, path: tuple[str | int, ...], value: object, said: str
) -> None:
    await look(cluster)
    forged = stored(cluster)
    inner: Any = forged
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    cluster.seed({**forged, "status": {"conditions": [{"type": "Complete", "status": "True"}]}})
    result = await look(cluster)
    assert result.verdict is Verdict.NO_DATA
    assert f"Job {forged['metadata']['name']} is not the one of this gate" in result.message
    assert said in result.message


async def test_what_the_api_server_adds_to_a_job_makes_it_no_other(cluster: FakeCluster) -> None:
    await look(cluster)
    job = stored(cluster)
    job["metadata"]["labels"]["somebody.example.org/kept"] = "yes"
    job["spec"] |= {"completions": 1, "suspend": False}
    job["spec"]["podFailurePolicy"]["rules"][0]["onPodConditions"][0]["status"] = "True"
    job["spec"]["template"]["metadata"]["labels"]["batch.kubernetes.io/controller-uid"] = "u-7"
    job["spec"]["template"]["spec"] |= {"schedulerName": "default-scheduler", "dnsPolicy": "ClusterFirst"}
    cluster.seed(job)
    assert (await look(cluster)).verdict is Verdict.INCONCLUSIVE


async def test_what_is_not_wanted_any_more_is_deleted(cluster: FakeCluster) -> None:
    await look(cluster)
    await JobGate(cluster).clean_up(QUESTION)
    await JobGate(cluster).clean_up(QUESTION)
    assert cluster.objects == {}
