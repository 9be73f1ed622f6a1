"""What the pods of a version say about it: targets to scrape, restarts, and what is wrong in a person's words."""

from collections.abc import Iterable
from typing import Any, Final

from bertrelease_operator.adapters.source import PodTarget
from bertrelease_operator.core.clipping import clipped
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.render.quantities import parse_quantity
from bertrelease_operator.runtime.records import ReleaseKey, StoredObject
from bertrelease_operator.runtime.store import Store

# The kubelet says CrashLoopBackOff after the second crash already; one bad start is not a loop yet.
_RESTARTS_OF_A_LOOP: Final = 2
_CRASH_LOOP: Final = "CrashLoopBackOff"
_LONGEST_PROBLEM: Final = 300


def pod_target(stored: StoredObject) -> PodTarget:
    """The pod as the sources of figures know it."""
    pod = stored.unpack()
    limits = pod["limits"]
    return PodTarget(
        uid=stored.uid,
        name=stored.key[2],
        address=pod["podIP"] if pod["phase"] == "Running" else "",
        version=stored.version or "",
        ready=_is_ready(pod),
        restarts=restarts(pod),
        cpu_limit_cores=float(parse_quantity(limits["cpu"])) if "cpu" in limits else None,
        memory_limit_bytes=float(parse_quantity(limits["memory"])) if "memory" in limits else None,
    )


def targets_of(store: Store, release: ReleaseKey, versions: Iterable[str]) -> tuple[PodTarget, ...]:
    """The pods of `versions` of a release."""
    wanted = set(versions)
    pods = (stored for stored in store.of_release(release).values() if stored.key[0] == "Pod")
    return tuple(pod_target(pod) for pod in pods if pod.version in wanted)


def restarts(pod: KubeObject) -> int:
    """Of the server container."""
    return int(pod["container"].get("restartCount", 0))


def image_ids(pods: Iterable[KubeObject]) -> frozenset[str]:
    """The images with their digests, as the kubelets resolved them; none while no pod runs, several if pods disagree.

    Without those of pods that are going: they may be of an earlier attempt.
    """
    staying = (pod for pod in pods if "deletionTimestamp" not in pod["metadata"])
    return frozenset(pod["container"].get("imageID", "") for pod in staying) - {""}


def is_crash_looping(pod: KubeObject) -> bool:
    return _waiting(pod).get("reason") == _CRASH_LOOP and restarts(pod) >= _RESTARTS_OF_A_LOOP


def problem(pods: Iterable[KubeObject], deployment: KubeObject | None) -> str:
    """Why pods are not ready; empty when nothing is wrong. The first pod with a problem speaks for all."""
    for pod in pods:
        if "deletionTimestamp" not in pod["metadata"] and (said := _problem_of(pod)):
            return clipped(f"{pod['metadata']['name']}: {said}", _LONGEST_PROBLEM)
    failures = deployment["status"]["conditions"] if deployment is not None else []
    return next((clipped(str(failure.get("message", "")), _LONGEST_PROBLEM) for failure in failures), "")


def _problem_of(pod: KubeObject) -> str:
    waiting = _waiting(pod)
    if waiting.get("reason") == _CRASH_LOOP:
        return f"its container crashed {restarts(pod)} times{_last_words(pod)}"
    if waiting.get("reason") not in {None, "ContainerCreating", "PodInitializing"}:
        return ": ".join(part for part in (waiting["reason"], waiting.get("message", "")) if part)
    for condition in pod["conditions"]:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"no node takes it: {condition.get('message', 'the scheduler gives no reason')}"
    return ""


def _last_words(pod: KubeObject) -> str:
    ended = pod["container"].get("lastState", {}).get("terminated")
    if ended is None:
        return ""
    reason = "out of memory" if ended.get("reason") == "OOMKilled" else f"exit code {ended.get('exitCode')}"
    return f", last with {reason}"


def _waiting(pod: KubeObject) -> dict[str, Any]:
    waiting: dict[str, Any] = pod["container"].get("state", {}).get("waiting") or {}
    return waiting


def _is_ready(pod: KubeObject) -> bool:
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in pod["conditions"])
    return ready and "deletionTimestamp" not in pod["metadata"]
