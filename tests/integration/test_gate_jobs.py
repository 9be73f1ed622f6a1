"""Jobs of gates on a real API server with its Job controller. No pod runs: the test says what became of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from bertrelease_operator.adapters.connection import connect
from bertrelease_operator.adapters.gates.contract import GateQuestion
from bertrelease_operator.adapters.gates.job import JobGate
from bertrelease_operator.adapters.http_cluster import HttpCluster
from bertrelease_operator.api.gates import Gate, GateKind
from bertrelease_operator.api.names import GROUP_VERSION, REVISION_KIND
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.render.metadata import Owner
from devcluster import Cluster
from tests.unit.operator.api.cases import MINIMAL

NAME = "fill-mask-v1-0-0"


class Place:
    """A namespace that takes restricted pods alone, with a version in it, and its gate."""

    def __init__(self, api_server: Cluster, cluster: HttpCluster, namespace: str) -> None:
        self._api_server, self.namespace = api_server, namespace
        self.gate = JobGate(cluster)
        api_server.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
        record = BertRevisionSpec.of("fill-mask", BertReleaseSpec.model_validate(MINIMAL))
        spec = record.model_dump(mode="json", exclude_none=True, by_alias=True)
        metadata = {"name": NAME, "namespace": namespace}
        revision = {"apiVersion": GROUP_VERSION, "kind": REVISION_KIND, "metadata": metadata, "spec": spec}
        stored = json.loads(self.kubectl("create", "--filename=-", "--output=json", stdin=json.dumps(revision)))
        template = {"image": "localhost/checks:v1", "args": ["成语"], "env": {"LANG": "zh_CN.UTF-8"}}
        self.question = GateQuestion(
            namespace=namespace,
            release="fill-mask",
            run=GateRun("checks", GateKind.JOB, "v1.0.0", None, 1, "traffic"),
            gate=Gate.model_validate({"name": "checks", "kind": "job", "job": {"template": template}}),
            urls={"v1.0.0": "http://new"},
            api_keys={},
            owner=Owner(REVISION_KIND, NAME, namespace, stored["metadata"]["uid"]),
            record=record,
            image=None,
            fingerprint=None,
        )

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        return self._api_server.kubectl(f"--namespace={self.namespace}", *arguments, stdin=stdin)

    def items(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.kubectl("get", kind, "--output=json"))["items"]
        return found

    async def until(self, verdict: Verdict) -> GateResult:
        for _ in range(120):
            result = await self.gate.run(self.question)
            if result.verdict is verdict:
                return result
            await asyncio.sleep(0.25)
        raise AssertionError(f"it stays {result}")

    async def pod(self) -> str:
        """Name of the pod, which the Job controller creates."""
        for _ in range(120):
            if pods := self.items("pods"):
                return str(pods[0]["metadata"]["name"])
            await asyncio.sleep(0.25)
        raise AssertionError("no pod was created")

    async def pod_ends(self, exit_code: int, message: str) -> None:
        """What a kubelet says at the end."""
        terminated = {"exitCode": exit_code, "message": message, "reason": "Error" if exit_code else "Completed"}
        container = {"name": "gate", "image": "", "imageID": "", "ready": False, "restartCount": 0}
        status = {
            "phase": "Failed" if exit_code else "Succeeded",
            "containerStatuses": [{**container, "state": {"terminated": terminated}}],
        }
        patch = json.dumps({"status": status})
        self.kubectl("patch", "pod", await self.pod(), "--subresource=status", "--type=merge", f"--patch={patch}")


@pytest_asyncio.fixture
async def place(api_server: Cluster, namespace: str) -> AsyncIterator[Place]:
    async with HttpCluster(await connect(api_server.kubeconfig)) as cluster:
        yield Place(api_server, cluster, namespace)


async def test_a_job_is_created_once_and_passes_when_its_pod_succeeds(place: Place) -> None:
    assert (await place.gate.run(place.question)).verdict is Verdict.INCONCLUSIVE
    assert (await place.gate.run(place.question)).verdict is Verdict.INCONCLUSIVE
    await place.pod_ends(0, "十全十美")
    assert (await place.until(Verdict.PASS)).message.endswith("succeeded: 十全十美.")
    assert len(place.items("jobs")) == 1


async def test_a_job_whose_pod_fails_fails(place: Place) -> None:
    await place.gate.run(place.question)
    await place.pod_ends(3, "画蛇添足")
    assert (await place.until(Verdict.FAIL)).message.endswith("failed: exit code 3: 画蛇添足.")


async def test_a_job_that_is_given_up_is_deleted_with_its_pod(place: Place) -> None:
    await place.gate.run(place.question)
    await place.pod()
    await place.gate.clean_up(place.question)
    for _ in range(120):
        if not place.items("jobs") and not place.items("pods"):
            return
        await asyncio.sleep(0.25)
    raise AssertionError((place.items("jobs"), place.items("pods")))
