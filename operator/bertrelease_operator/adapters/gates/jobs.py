"""A gate's Job in the cluster: created once, found again after a restart by its name, and what its pod said."""

from typing import Any, Final

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError, NotFoundError, NotLeaderError
from bertrelease_operator.adapters.resources import JOB, ResourceType
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult
from bertrelease_operator.render.gate_job import foreign_part
from bertrelease_operator.render.metadata import KubeObject

# A look is one cheap request, and a Job hardly ends sooner.
_LOOK_SECONDS: Final = 2.0
_STARTING: Final = frozenset({"", "ContainerCreating", "PodInitializing"})


class GateJobs:
    """Polls: a watch on all Jobs of a cluster would cost more than the few that gates have at a time."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def look(self, job: KubeObject) -> GateResult:
        """Creates `job` unless it is there, and says how it stands. Complete passes, failed fails.

        One of that name that is not as it was created is somebody else's, and NoData.
        """
        metadata = job["metadata"]
        try:
            stored = await self._created(job)
            pods = await self._pods(metadata["namespace"], metadata["name"])
        except (ClusterError, NotLeaderError) as error:
            return GateResult(Verdict.NO_DATA, f"Job {metadata['name']}: {error}")
        foreign = foreign_part(job, stored)
        if foreign is not None:
            # Names can be computed: whoever may create Jobs could otherwise let any version pass.
            return GateResult(
                Verdict.NO_DATA,
                f"Job {metadata['name']} is not the one of this gate, which has another {foreign}: delete it, or let "
                "nothing change the Jobs of gates.",
                again_in_seconds=_LOOK_SECONDS,
            )
        return _result_of(stored, pods)

    async def last_words(self, job: KubeObject) -> str:
        """What the container that ended last left as its message, as it stands. Raises ClusterError."""
        pods = await self._pods(job["metadata"]["namespace"], job["metadata"]["name"])
        ended = (state["terminated"] for pod in pods for state in _states(pod) if "terminated" in state)
        return next((str(state.get("message", "")) for state in ended), "")

    async def delete(self, job: KubeObject) -> None:
        """Nothing if it is gone already."""
        namespace, name = job["metadata"]["namespace"], job["metadata"]["name"]
        try:
            stored = await self._cluster.get(JOB, namespace, name)
        except NotFoundError:
            return
        await self._cluster.delete(JOB, namespace, name, uid=stored["metadata"]["uid"])

    async def _created(self, job: KubeObject) -> KubeObject:
        try:
            return await self._cluster.get(JOB, job["metadata"]["namespace"], job["metadata"]["name"])
        except NotFoundError:
            return await self._cluster.create(job)

    async def _pods(self, namespace: str, job: str) -> list[KubeObject]:
        """The last one first."""
        of_job = ResourceType("v1", "Pod", "pods", f"batch.kubernetes.io/job-name={job}")
        pods = await self._cluster.list(of_job, namespace)
        return sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]), reverse=True)


def _result_of(job: KubeObject, pods: list[KubeObject]) -> GateResult:
    name = job["metadata"]["name"]
    ends = {
        condition["type"]: condition
        for condition in job.get("status", {}).get("conditions") or []
        if condition["status"] == "True"
    }
    said = next((said for pod in pods if (said := _last_words(pod))), "")
    if "Complete" in ends:
        return GateResult(Verdict.PASS, f"Job {name} succeeded{said}.")
    failed = ends.get("Failed")
    if failed is not None and failed.get("reason") == "DeadlineExceeded":
        return GateResult(Verdict.NO_DATA, f"Job {name} did not come to an end.", again_in_seconds=_LOOK_SECONDS)
    if failed is not None:
        return GateResult(Verdict.FAIL, f"Job {name} failed{said or ': ' + failed.get('message', '')}.")
    problem = next((problem for pod in pods if (problem := _problem(pod))), "")
    if problem:
        return GateResult(Verdict.NO_DATA, f"Job {name} does not start: {problem}", again_in_seconds=_LOOK_SECONDS)
    return GateResult(Verdict.INCONCLUSIVE, f"Job {name} runs.", again_in_seconds=_LOOK_SECONDS)


def _states(pod: KubeObject) -> list[dict[str, Any]]:
    return [container.get("state") or {} for container in pod.get("status", {}).get("containerStatuses") or []]


def _last_words(pod: KubeObject) -> str:
    """`: exit code 1: 3 of 9 cases failed`, as far as there is something to say."""
    for state in _states(pod):
        ended = state.get("terminated")
        if ended is None:
            continue
        code = f"exit code {ended['exitCode']}" if ended.get("exitCode") else ""
        words = " ".join(str(ended.get("message", "")).split()).rstrip(".")
        return "".join(f": {part}" for part in (code, words) if part)
    return ""


def _problem(pod: KubeObject) -> str:
    """Why the pod does not run; empty while all is as usual."""
    for state in _states(pod):
        waiting = state.get("waiting") or {}
        if waiting.get("reason", "") not in _STARTING:
            return f"{waiting['reason']}: {waiting.get('message', '')}".rstrip(": ")
    for condition in pod.get("status", {}).get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"no node takes it: {condition.get('message', 'the scheduler gives no reason')}"
    return ""
