"""Gates before real traffic: a person's yes, a Job that asks the candidate, and everything that can come in between."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from demo.install import OPERATOR_NAMESPACE, operator_pods
from demo.release import is_stable, was_taken_back
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FIRST, HOTPOT, IMPROVED
from tests.e2e.scenes import LONGEST_SECONDS, RATE_PER_SECOND, first_version_proven

pytestmark = pytest.mark.timeout(400)

PLUGIN: Final = Path(sys.executable).with_name("kubectl-bert")
APPROVAL: Final = {"name": "owner", "kind": "approval", "before": ["promotion"], "approval": {}}
# Any Python will do; the demo's images have one, and are on the node.
ASKS: Final = """
import json, os, sys, time, urllib.request
time.sleep(float(sys.argv[1]))
body = json.dumps({"text": "床前明月光，疑是地[MASK]霜。", "top_k": 1}).encode()
url = os.environ["BERTRELEASE_URL"] + "/fill-mask"
request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
answer = json.load(urllib.request.urlopen(request, timeout=10))["result"][0]["token"]
print(os.environ["BERTRELEASE_VERSION"], "says", answer)
sys.exit(answer != "上")
"""


def asking(pause_seconds: float) -> dict[str, Any]:
    """A gate whose Job asks the candidate after a pause."""
    template = {
        "image": FIRST.image,
        "pullPolicy": "Never",
        "command": ["python3", "-c", ASKS, str(pause_seconds)],
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
    }
    return {"name": "poem", "kind": "job", "deadlineSeconds": 300, "job": {"template": template}}


async def jobs(stage: Stage) -> dict[str, str]:
    """UIDs of the namespace's Jobs by name."""
    text = await asyncio.to_thread(stage.cluster.kubectl, "get", "jobs", "-n", stage.namespace, "-o", "json")
    return {job["metadata"]["name"]: job["metadata"]["uid"] for job in json.loads(text)["items"]}


async def some_job(stage: Stage) -> dict[str, str]:
    """Waits until there is one."""
    for _ in range(240):
        if found := await jobs(stage):
            return found
        await asyncio.sleep(0.25)
    pytest.fail("no Job was created")


async def no_job(stage: Stage) -> None:
    """Waits until there is none any more."""
    for _ in range(120):
        if not await jobs(stage):
            return
        await asyncio.sleep(0.25)
    pytest.fail(f"still there: {await jobs(stage)}")


async def test_a_version_waits_for_a_person_s_yes_before_it_gets_everything(stage: Stage) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, gates=[APPROVAL])
        status = await stage.client.wait_for("the question", lambda s: "gate owner" in s.message, 120)
        assert (status.phase, status.weights.applied) == ("Paused", {FIRST.version: 50, IMPROVED.version: 50})
        where = ("--namespace", stage.namespace, "--kubeconfig", str(stage.cluster.kubeconfig))
        command = [str(PLUGIN), "approve", "fill-mask", IMPROVED.version, *where]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        assert done.stdout.splitlines()[:1] == ["bertrelease.bertrelease.io/fill-mask approved"], done.stderr
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 60)
    assert not [answer for answer in traffic.answers if answer.failed]
    (gate,) = stage.client.revisions()[IMPROVED.version]["status"]["gates"]
    assert (gate["verdict"], gate["by"], gate["point"]) == ("Pass", "admin", "promotion")


async def test_a_job_that_asks_the_candidate_stops_a_wrong_version_before_its_first_user(stage: Stage) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(HOTPOT, gates=[asking(0)])
        await stage.client.wait_for("the rejection", was_taken_back(HOTPOT.version), 100)
    revision = stage.client.revisions()[HOTPOT.version]["status"]
    assert (revision["verdict"], revision["reason"]) == ("Rejected", "GateFailed")
    assert f"{HOTPOT.version} says" in revision["message"]
    assert {answer.version for answer in traffic.answers} == {FIRST.version}
    assert not [answer for answer in traffic.answers if answer.failed]


async def test_an_operator_that_is_killed_at_a_gate_finds_its_job_again(stage: Stage) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, gates=[asking(15)])
        begun = await some_job(stage)
        pods = await asyncio.to_thread(operator_pods, stage.cluster)
        arguments = ("delete", "pod", "-n", OPERATOR_NAMESPACE, "--grace-period=0", "--force", *pods)
        await asyncio.to_thread(stage.cluster.kubectl, *arguments)
        await stage.client.wait_for("v1.1.0 at 10 %", lambda s: s.weights.applied.get(IMPROVED.version) == 10, 90)
        assert await jobs(stage) == begun
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 110)
    assert not [answer for answer in traffic.answers if answer.failed]


@pytest.mark.parametrize("act", ["abort", "edit"])
async def test_what_ends_a_rollout_at_a_gate_ends_its_job(stage: Stage, act: str) -> None:
    await first_version_proven(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        stage.release(IMPROVED, gates=[asking(200)])
        await some_job(stage)
        if act == "abort":
            stage.client.command("abort", IMPROVED.version)
            await stage.client.wait_for("the end", was_taken_back(IMPROVED.version), 30)
        else:
            stage.client.edit({"version": FIRST.version})
            await stage.client.wait_for("v1.0.0 alone", is_stable(FIRST.version), 30)
        await no_job(stage)
    assert stage.client.verdict(IMPROVED.version) == ("Unproven" if act == "abort" else "Superseded")
    assert {answer.version for answer in traffic.answers} == {FIRST.version}
