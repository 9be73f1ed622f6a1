"""Blue-green: a preview, one switch, and one switch back."""

import asyncio
import json
from typing import Any, Final

from bertrelease_operator.api.names import version_slug
from demo.chapters.telling import LONGEST_SECONDS, POEM, RATE_PER_SECOND, answers_of, expect
from demo.narrator import Narrator
from demo.release import Document, is_stable, was_taken_back
from demo.stage import Stage
from demo.traffic import Traffic, background, damage
from demo.versions import LATE

# A person looks at the preview, and says when.
STRATEGY: Final[dict[str, Any]] = {
    "kind": "blueGreen",
    "blueGreen": {"holdSeconds": 3, "then": "ask"},
    "readyDeadlineSeconds": 60,
    "stepDeadlineSeconds": 60,
    "observationSeconds": 120,
}


async def blue_green(stage: Stage, narrator: Narrator) -> None:
    """A version is previewed, gets everything in one switch, turns bad under observation, and is switched back."""
    narrator.chapter("blue-green", f"{LATE.version} is previewed, switched to, turns bad, is switched back")
    stable = (await asyncio.to_thread(stage.client.status)).stable or ""
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        await asyncio.to_thread(stage.release, LATE, strategy=STRATEGY)
        await _preview(stage, narrator, traffic)
        await _switch(stage, narrator, traffic, stable)
        await _switch_back(stage, narrator, traffic, stable)


async def _preview(stage: Stage, narrator: Narrator, traffic: Traffic) -> None:
    await stage.client.wait_for("the preview", lambda status: status.phase == "Paused", 90, narrator.follow)
    narrator.prediction(POEM, await asyncio.to_thread(_ask_preview, stage))
    narrator.line(f"the preview answers; users got {len(answers_of(LATE, traffic))} answers from {LATE.version} so far")
    expect(not answers_of(LATE, traffic), f"{LATE.version} answered users while it was in preview")


async def _switch(stage: Stage, narrator: Narrator, traffic: Traffic, stable: str) -> None:
    narrator.command(f"kubectl bert -n {stage.namespace} promote fill-mask {LATE.version}")
    promoted_at = stage.client.command("promote", LATE.version)
    await stage.client.wait_for(f"{LATE.version} to serve", is_stable(LATE.version), 30, narrator.follow)
    await asyncio.sleep(3)
    narrator.figure(f"promote to last answer of {stable}", traffic.last_answer_ms(stable, promoted_at), "ms")
    seen = damage(traffic.answers, lambda answer: answer.failed)
    narrator.counted(seen, "in preview and switch")
    expect(seen.bad == 0, f"{seen.bad} requests failed in preview and switch")
    expect(set(traffic.shares_lately()) == {LATE.version}, f"not all users got {LATE.version} after the switch")


async def _switch_back(stage: Stage, narrator: Narrator, traffic: Traffic, stable: str) -> None:
    pod = f"deploy/fill-mask-{version_slug(LATE.version)}"
    narrator.line(f"a fault begins in {LATE.version}: it fails 20 % of its requests")
    await asyncio.to_thread(stage.cluster.kubectl, "exec", "-n", stage.namespace, pod, "--", "touch", LATE.fault_file)
    status = await stage.client.wait_for(
        f"{LATE.version} to be taken back", was_taken_back(LATE.version), 60, narrator.follow
    )
    await asyncio.sleep(3)
    seen = damage(traffic.answers, lambda answer: answer.failed)
    narrator.counted(seen, f"since {LATE.version} came up")
    if status.concluded is not None:
        narrator.reason(status.concluded.reason, status.concluded.message)
    lost = sum(answer.failed and answer.version != LATE.version for answer in traffic.answers)
    expect(lost == 0, f"{lost} requests failed that {LATE.version} did not answer")
    expect(set(traffic.shares_lately()) == {stable}, f"not all users are back on {stable}")


def _ask_preview(stage: Stage) -> Document:
    """One prediction of the preview Service, through the API server: nobody needs to be in the cluster to look."""
    path = f"/api/v1/namespaces/{stage.namespace}/services/http:fill-mask-preview:http/proxy/fill-mask"
    question = json.dumps({"text": POEM, "top_k": 5})
    answer: Document = json.loads(stage.cluster.kubectl("create", "--raw", path, "-f", "-", stdin=question))
    return answer
