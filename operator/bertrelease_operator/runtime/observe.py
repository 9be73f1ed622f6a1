"""From what is stored of a release to the one picture that a decision is made on. No requests, no clock."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from bertrelease_operator.api.names import (
    ANNOTATION_APPROVE,
    ANNOTATION_COMMAND,
    LABEL_VERSION,
    RELEASE_KIND,
    REVISION_KIND,
)
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.status import BertReleaseStatus, BertRevisionStatus
from bertrelease_operator.api.workload import Model, ServerConfig
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.core.observation import (
    EvidenceView,
    Observation,
    RevisionView,
    Watch,
    WorkloadView,
)
from bertrelease_operator.core.promotion.upstream import upstream_view
from bertrelease_operator.core.promotion.view import UpstreamView
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.render.routers import ROUTE_FORMATS
from bertrelease_operator.runtime import pods
from bertrelease_operator.runtime.records import ObjectKey, ReleaseKey, StoredObject

_Model = TypeVar("_Model", bound=BaseModel)

# Records hold whole stories, change seldom, and are read in each pass.
_PARSED_REVISIONS: Final = 128


class UnreadableError(Exception):
    """An object does not fit the operator's schema. The message names it, the field, and what to do."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The objects of one release, unpacked once."""

    release: KubeObject
    objects: Mapping[ObjectKey, KubeObject]  # children and revisions; not pods and slices
    observation: Observation

    def revision(self, version: str) -> KubeObject | None:
        """The BertRevision of `version`."""
        found = (obj for key, obj in self.objects.items() if key[0] == REVISION_KIND)
        return next((obj for obj in found if obj["spec"]["version"] == version), None)


def observe(
    key: ReleaseKey,
    stored: Mapping[ObjectKey, StoredObject],
    evidence: Mapping[Watch, EvidenceView],
    gates: Mapping[GateRun, GateResult] = MappingProxyType({}),
    told: frozenset[tuple[str, str]] = frozenset(),
    *,
    absent_kinds: frozenset[str] = frozenset(),
) -> Snapshot | None:
    """None if there is no BertRelease, or it is being deleted. Raises UnreadableError.

    `told`: notices that receivers are done with. `absent_kinds`: those whose CRDs the cluster does not have.
    """
    root = stored.get((RELEASE_KIND, *key))
    if root is None:
        return None
    release = root.unpack()
    if "deletionTimestamp" in release["metadata"]:
        return None
    objects = {k: obj.unpack() for k, obj in stored.items() if k[0] not in {RELEASE_KIND, "Pod", "EndpointSlice"}}
    metadata = release["metadata"]
    annotations = metadata.get("annotations") or {}
    spec = _parsed(BertReleaseSpec, release, "spec")
    route = ROUTE_FORMATS[spec.network.router]
    observation = Observation(
        namespace=key[0],
        name=key[1],
        generation=metadata["generation"],
        spec=spec,
        status=_parsed(BertReleaseStatus, release, "status"),
        command=annotations.get(ANNOTATION_COMMAND),
        approval=annotations.get(ANNOTATION_APPROVE),
        revisions=_revisions(stored.values(), objects, metadata["uid"]),
        workloads=_workloads(stored.values(), objects.values()),
        route=route.parse(found) if (found := objects.get((route.kind, *key))) is not None else None,
        absent_kinds=absent_kinds,
        obstacle=_no_router(spec, route.kind) if route.kind in absent_kinds else "",
        root_version=_root_version(key, objects),
        evidence=evidence,
        gates=gates,
        told=told,
    )
    return Snapshot(release, objects, observation)


def read_upstream(release: KubeObject, revisions: Iterable[KubeObject], *, lenient: bool = False) -> UpstreamView:
    """What those who follow `release` may know of it. Raises UnreadableError.

    `lenient`: fields that this operator does not know are left out, because the release may be another operator's.
    Versions with such fields in what was proven are not taken for what is left of them.
    """
    status = _parsed(BertReleaseStatus, release, "status", lenient=lenient)
    found = [obj for obj in revisions if _is_of(obj, release["metadata"]["uid"])]
    views = [_revision_view(obj, lenient=lenient) for obj in found]
    unknown = {view.spec.version for view, obj in zip(views, found, strict=True) if lenient and _is_unknown(obj)}
    return upstream_view(status, {view.spec.version: view for view in views}, unknown)


def _is_unknown(revision: KubeObject) -> bool:
    """Whether a record that fits the schema otherwise has further fields in its config or model."""
    try:
        ServerConfig.model_validate(revision["spec"].get("config") or {})
        Model.model_validate(revision["spec"]["model"])
    except ValidationError:
        return True
    return False


def _parsed(model: type[_Model], obj: KubeObject, part: str, *, lenient: bool = False) -> _Model:
    try:
        return model.model_validate(obj.get(part) or {}, extra="ignore" if lenient else None)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join([part, *(str(step) for step in first["loc"])])
        name = f"{obj['kind']} {obj['metadata']['namespace']}/{obj['metadata']['name']}"
        raise UnreadableError(
            f"{name}: {where}: {first['msg']}; correct it, or install the operator's CRDs of the same version"
        ) from error


def _revisions(
    stored: Iterable[StoredObject], objects: Mapping[ObjectKey, KubeObject], release_uid: str
) -> dict[str, RevisionView]:
    views = {}
    for one in stored:
        if one.key[0] == REVISION_KIND and _is_of(objects[one.key], release_uid):
            view = _known_revision(one.packed)
            views[view.spec.version] = view
    return views


def _is_of(revision: KubeObject, release_uid: str) -> bool:
    """Of this very release: an earlier one of the same name may still be on its way out."""
    metadata = revision["metadata"]
    owners = {owner["uid"] for owner in metadata.get("ownerReferences", [])}
    return "deletionTimestamp" not in metadata and release_uid in owners


@lru_cache(maxsize=_PARSED_REVISIONS)
def _known_revision(packed: bytes) -> RevisionView:
    return _revision_view(json.loads(packed))


def _revision_view(obj: KubeObject, *, lenient: bool = False) -> RevisionView:
    return RevisionView(
        spec=_parsed(BertRevisionSpec, obj, "spec", lenient=lenient),
        status=_parsed(BertRevisionStatus, obj, "status", lenient=lenient),
        uid=obj["metadata"]["uid"],
        created_at=to_epoch(obj["metadata"]["creationTimestamp"]),
    )


def _no_router(spec: BertReleaseSpec, kind: str) -> str:
    return (
        f"spec.network.router is {spec.network.router}, and the cluster has no {kind}: install the CRDs of the router; "
        "the operator notices within a minute"
    )


def _root_version(key: ReleaseKey, objects: Mapping[ObjectKey, KubeObject]) -> str | None:
    service = objects.get(("Service", *key))
    selector: dict[str, str] = (service or {}).get("spec", {}).get("selector") or {}
    return selector.get(LABEL_VERSION)


def _workloads(stored: Iterable[StoredObject], objects: Iterable[KubeObject]) -> dict[str, WorkloadView]:
    deployments = {
        obj["metadata"]["labels"][LABEL_VERSION]: obj
        for obj in objects
        if obj["kind"] == "Deployment" and LABEL_VERSION in obj["metadata"].get("labels", {})
    }
    ready: dict[str, set[str]] = {}
    pods_of: dict[str, list[KubeObject]] = {}
    for one in stored:
        if one.version is None:
            continue
        if one.key[0] == "EndpointSlice":
            # Dual-stack Services have a slice per address family with the same pods.
            endpoints = one.unpack()["endpoints"]
            ready.setdefault(one.version, set()).update(e["pod"] for e in endpoints if e["ready"])
        elif one.key[0] == "Pod":
            pods_of.setdefault(one.version, []).append(one.unpack())
    return {
        version: _workload(deployments.get(version), len(ready.get(version, ())), pods_of.get(version, []))
        for version in {*deployments, *(version for version, names in ready.items() if names)}
    }


def _workload(deployment: KubeObject | None, ready: int, members: list[KubeObject]) -> WorkloadView:
    return WorkloadView(
        replicas=deployment["spec"].get("replicas", 1) if deployment is not None else 0,
        ready_endpoints=ready,
        restarts=sum(pods.restarts(pod) for pod in members),
        crash_looping=any(pods.is_crash_looping(pod) for pod in members),
        problem=pods.problem(members, deployment),
        image_ids=pods.image_ids(members),
    )
