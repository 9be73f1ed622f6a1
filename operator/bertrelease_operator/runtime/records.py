"""How watched objects are kept: only what is used of them, packed, because thousands of them stay in memory."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bertrelease_operator.api.names import LABEL_RELEASE, LABEL_VERSION, RELEASE_KIND, SERVER_CONTAINER
from bertrelease_operator.render.drift import entries_of_ours
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.render.policies import POLICY_KINDS

# Kinds that stay while fields of theirs go: what is rendered of them follows spec.network and spec.autoscaling. Of the
# others it is not kept which fields are ours, which for a Deployment would be as much as all the rest.
_MAY_LOSE_FIELDS: Final = frozenset({"DestinationRule", "HorizontalPodAutoscaler", "ScaledObject", *POLICY_KINDS})
_OF_AN_ENTRY: Final = ("manager", "operation", "fieldsV1")  # not its time: equal contents compare equal

ReleaseKey = tuple[str, str]  # namespace, name
ObjectKey = tuple[str, str, str]  # kind, namespace, name


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object, without its resourceVersion in `packed`, so that equal contents compare equal."""

    key: ObjectKey
    release: ReleaseKey
    version: str | None
    uid: str
    resource_version: int
    packed: bytes

    def unpack(self) -> KubeObject:
        obj: KubeObject = json.loads(self.packed)
        obj["metadata"]["resourceVersion"] = str(self.resource_version)
        return obj


def key_of(obj: KubeObject) -> ObjectKey:
    metadata = obj["metadata"]
    return obj["kind"], metadata["namespace"], metadata["name"]


def pack(obj: KubeObject) -> StoredObject | None:
    """None for an object that belongs to no release."""
    kind, namespace, name = key = key_of(obj)
    metadata = obj["metadata"]
    labels = metadata.get("labels") or {}
    release = name if kind == RELEASE_KIND else labels.get(LABEL_RELEASE)
    if release is None:
        return None
    kept = {**_SHRINK.get(kind, _whole)(obj), "metadata": _metadata(kind, metadata)}
    return StoredObject(
        key=key,
        release=(namespace, release),
        version=labels.get(LABEL_VERSION),
        uid=metadata["uid"],
        # Since Kubernetes 1.35 the API guarantees that these are ordered integers; etcd always made them so.
        resource_version=int(metadata["resourceVersion"]),
        packed=json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode(),
    )


def _metadata(kind: str, metadata: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in metadata.items() if name not in {"managedFields", "resourceVersion"}}
    if kind in _MAY_LOSE_FIELDS:
        ours = entries_of_ours(metadata)
        kept["managedFields"] = [{name: entry[name] for name in _OF_AN_ENTRY} for entry in ours]
    return kept


def _whole(obj: KubeObject) -> KubeObject:
    return obj


def _without_status(obj: KubeObject) -> KubeObject:
    return {name: value for name, value in obj.items() if name != "status"}


def _deployment(obj: KubeObject) -> KubeObject:
    conditions = obj.get("status", {}).get("conditions", [])
    failures = [condition for condition in conditions if condition.get("type") == "ReplicaFailure"]
    return {**_without_status(obj), "status": {"conditions": failures}}


def _slice(obj: KubeObject) -> KubeObject:
    endpoints = [
        {
            "pod": (endpoint.get("targetRef") or {}).get("name") or endpoint["addresses"][0],
            "ready": bool((endpoint.get("conditions") or {}).get("ready")),
        }
        for endpoint in obj.get("endpoints") or []
    ]
    return {"kind": obj["kind"], "endpoints": endpoints}


def _pod(obj: KubeObject) -> KubeObject:
    spec, status = obj.get("spec", {}), obj.get("status", {})
    container = _of_server(spec.get("containers"))
    state = _of_server(status.get("containerStatuses"))
    conditions = [
        {name: condition[name] for name in ("type", "status", "message") if name in condition}
        for condition in status.get("conditions") or []
        if condition.get("type") in {"Ready", "PodScheduled"}
    ]
    return {
        "kind": obj["kind"],
        "limits": container.get("resources", {}).get("limits", {}),
        "podIP": status.get("podIP", ""),
        "phase": status.get("phase", ""),
        "conditions": conditions,
        "container": {name: state[name] for name in ("restartCount", "state", "lastState", "imageID") if name in state},
    }


def _of_server(containers: list[dict[str, Any]] | None) -> dict[str, Any]:
    return next((one for one in containers or [] if one.get("name") == SERVER_CONTAINER), {})


_SHRINK: Final[dict[str, Callable[[KubeObject], KubeObject]]] = {
    "Deployment": _deployment,
    "EndpointSlice": _slice,
    "Pod": _pod,
    "Service": _without_status,
    "PodDisruptionBudget": _without_status,
    "HorizontalPodAutoscaler": _without_status,
    "ScaledObject": _without_status,
    "VirtualService": _without_status,
    "HTTPRoute": _without_status,
    "DestinationRule": _without_status,
    **dict.fromkeys(POLICY_KINDS, _without_status),
}
