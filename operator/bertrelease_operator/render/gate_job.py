"""The Job of a gate: what it is told, and how little it may do."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from bertrelease_operator.api.gates import Gate
from bertrelease_operator.api.job import Job
from bertrelease_operator.api.names import LABEL_MANAGED_BY, MANAGED_BY
from bertrelease_operator.api.secrets import ApiKeys
from bertrelease_operator.core.gates.contract import GateRun
from bertrelease_operator.render.api_keys import API_KEYS_MOUNT, api_keys_volume
from bertrelease_operator.render.container import CONTAINER_SECURITY, SCRATCH_VOLUME
from bertrelease_operator.render.drift import differs
from bertrelease_operator.render.metadata import KubeObject, Owner, owned_metadata, without_empty

LABEL_GATE: Final = "bertrelease.io/gate"
CONTAINER: Final = "gate"
# Long enough to read its logs the next morning.
_KEPT_SECONDS: Final = 86_400
_SCRATCH_SIZE: Final = "64Mi"
_GATE_CHARACTERS: Final = 20  # of its name in the Job's; a release's has 31, the digest 10, a Job's 63
_DIGEST_CHARACTERS: Final = 10


def render_gate_job(
    owner: Owner,
    release: str,
    run: GateRun,
    gate: Gate,
    urls: Mapping[str, str],
    *,
    api_keys: ApiKeys | None = None,
) -> KubeObject:
    """`gate.job`, which ends at the gate's deadline; `api_keys` are mounted where the servers have theirs.

    The name tells runs, and edits of the gate, from each other, and is the same each time. The pod carries no label of
    the version: the version's Services would take it for one of theirs.
    """
    assert gate.job is not None  # noqa: S101 - the CRD's rules: kind job has its section
    spec = _spec(gate.job, _environment(owner.namespace, release, run, urls), gate.limit_seconds, api_keys)
    labels = {"app.kubernetes.io/instance": release, LABEL_MANAGED_BY: MANAGED_BY, LABEL_GATE: run.gate}
    name = f"{release}-{run.gate[:_GATE_CHARACTERS]}-{_digest([owner.uid, run.attempt, run.point, spec])}"
    spec["template"]["metadata"] = {"labels": {**gate.job.template.labels, LABEL_GATE: run.gate}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": owned_metadata(owner, name, labels), "spec": spec}


def foreign_part(job: KubeObject, stored: KubeObject) -> str | None:
    """Path of what makes `stored` another Job than `job` as it was created; None if it is that one.

    The API server adds fields with their defaults. It adds no items to these lists, in which somebody else could put
    what makes any work succeed.
    """
    found = differs(job, stored)
    if found is not None:
        return found
    ours, theirs = (one["spec"]["template"]["spec"] for one in (job, stored))
    for name in ("initContainers", "containers", "volumes", "hostAliases"):
        if len(ours.get(name) or ()) != len(theirs.get(name) or ()):
            return f"spec.template.spec.{name}"
    for name in ("command", "args", "env", "envFrom", "volumeMounts"):
        if len(ours["containers"][0].get(name) or ()) != len(theirs["containers"][0].get(name) or ()):
            return f"spec.template.spec.containers[{CONTAINER}].{name}"
    return None


def _digest(contents: list[Any]) -> str:
    return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()[:_DIGEST_CHARACTERS]


def _environment(namespace: str, release: str, run: GateRun, urls: Mapping[str, str]) -> dict[str, str]:
    told = {
        "NAMESPACE": namespace,
        "RELEASE": release,
        "VERSION": run.version,
        "URL": urls[run.version],
        "STABLE_VERSION": run.stable or "",
        "STABLE_URL": urls[run.stable] if run.stable is not None else "",
        "ATTEMPT": str(run.attempt),
        "GATE": run.gate,
        "POINT": run.point,
    }
    return without_empty({f"BERTRELEASE_{name}": value for name, value in told.items()})


def _spec(job: Job, told: Mapping[str, str], seconds: int, api_keys: ApiKeys | None) -> dict[str, Any]:
    template = job.template
    volumes: list[dict[str, Any]] = [{"name": SCRATCH_VOLUME, "emptyDir": {"sizeLimit": _SCRATCH_SIZE}}]
    mounts: list[dict[str, Any]] = [{"name": SCRATCH_VOLUME, "mountPath": "/tmp"}]  # noqa: S108 - the pod's own
    if api_keys is not None:
        volumes.append(api_keys_volume(api_keys))
        mounts.append(API_KEYS_MOUNT)
    optional = {
        "imagePullSecrets": [{"name": name} for name in template.pull_secrets],
        "nodeSelector": dict(template.node_selector),
        "serviceAccountName": template.service_account_name,
    }
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": template.run_as_user,
            "runAsGroup": template.run_as_user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **without_empty(optional),
        "containers": [{**_container(job, told), "volumeMounts": mounts}],
        "volumes": volumes,
    }
    return {
        "backoffLimit": job.backoff_limit,
        "activeDeadlineSeconds": seconds,
        "ttlSecondsAfterFinished": _KEPT_SECONDS,
        # A node that goes away says nothing about the version.
        "podFailurePolicy": {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]},
        "template": {"spec": pod},
    }


def _container(job: Job, told: Mapping[str, str]) -> dict[str, Any]:
    template = job.template
    amounts = {"requests": dict(template.resources.requests), "limits": dict(template.resources.limits)}
    optional = {
        "command": list(template.command),
        "args": list(template.args),
        "envFrom": [{"secretRef": {"name": name}} for name in template.secrets],
        "resources": without_empty(amounts),
    }
    return {
        "name": CONTAINER,
        "image": template.image,
        "imagePullPolicy": template.pull_policy.value,
        "env": [{"name": name, "value": value} for name, value in sorted({**template.env, **told}.items())],
        **without_empty(optional),
        "securityContext": CONTAINER_SECURITY,
        # What a job says at its end is what people get to read.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
