"""From a decision to the writes that carry it out, in an order in which any of them may be the last.

Going back, the route comes first and nothing that istiod watches comes with it. Going forward the route comes last,
and only if it is still as it was observed. In between, what is right already is left alone, so that a settled release
costs no writes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from bertrelease_operator.api.names import LABEL_VERSION, RELEASE_KIND, REVISION_KIND, preview_name
from bertrelease_operator.api.network import Caller
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.status import BertReleaseStatus, BertRevisionStatus
from bertrelease_operator.core.decision import Decision, ReplicaRange, RouteDecision
from bertrelease_operator.render.autoscalers import render_autoscaler
from bertrelease_operator.render.children import render_version
from bertrelease_operator.render.drift import differs
from bertrelease_operator.render.metadata import KubeObject, Owner
from bertrelease_operator.render.policies import POLICY_KINDS, render_policies
from bertrelease_operator.render.revision import render_revision
from bertrelease_operator.render.routers import ROUTE_FORMATS
from bertrelease_operator.render.service import render_preview_service, render_root_service
from bertrelease_operator.runtime.observe import Snapshot
from bertrelease_operator.runtime.records import key_of
from bertrelease_operator.runtime.significance import differs_in_substance, merge_patch


class Stage(IntEnum):
    """What a write is for; the order in which plans hold them."""

    RESCUE = 0  # the route, away from a version
    RECORD = 1  # a new BertRevision
    CHILD = 2
    STATUS = 3
    ROUTE = 4  # the route, forward
    PRUNE = 5

    @property
    def is_seen_by_mesh(self) -> bool:
        """Whether istiod may hear of it, so that it waits while a rescue is on its way."""
        return self in {Stage.CHILD, Stage.ROUTE, Stage.PRUNE}


@dataclass(frozen=True, slots=True)
class Apply:
    """Server-side apply; with `resource_version` only if the object still has it."""

    stage: Stage
    obj: KubeObject
    reason: str  # what differs, or "missing"
    resource_version: str | None = None


@dataclass(frozen=True, slots=True)
class StatusPatch:
    """What changes in a status, which is ours alone: also what somebody else wrote into it goes."""

    stage: Stage
    obj: KubeObject
    reason: str


@dataclass(frozen=True, slots=True)
class Delete:
    stage: Stage
    obj: KubeObject  # as stored
    reason: str


Write = Apply | StatusPatch | Delete


def plan(snapshot: Snapshot, decision: Decision, *, write_figures: bool, operator: Caller | None = None) -> list[Write]:
    """All writes that `decision` still needs, in order.

    Without `write_figures`, statuses are left as they are if only figures changed. `operator` is who we are in the
    mesh, if we are in it.
    """
    if decision.record is not None:
        # Children need the record's UID; the next pass, right after this one, goes on from there.
        return [*_rescue(snapshot, decision), *_record(snapshot, decision)]
    return [
        *_rescue(snapshot, decision),
        *_children(snapshot, decision, operator),
        *_statuses(snapshot, decision, write_figures=write_figures),
        *_route(snapshot, decision),
        *_prune(snapshot, decision),
    ]


def owner_of(obj: KubeObject) -> Owner:
    metadata = obj["metadata"]
    return Owner(kind=obj["kind"], name=metadata["name"], namespace=metadata["namespace"], uid=metadata["uid"])


def _rescue(snapshot: Snapshot, decision: Decision) -> Iterator[Write]:
    if decision.route is not None and decision.route.urgent:
        yield Apply(Stage.RESCUE, _desired_route(snapshot, decision.route), decision.route.note.reason)


def _record(snapshot: Snapshot, decision: Decision) -> Iterator[Write]:
    if decision.record is not None:
        yield Apply(Stage.RECORD, render_revision(owner_of(snapshot.release), decision.record), "new version")


def _children(snapshot: Snapshot, decision: Decision, operator: Caller | None) -> Iterator[Write]:
    network = snapshot.observation.spec.network
    yield from _policies(snapshot, operator)
    for version, replicas in decision.replicas.items():
        record = snapshot.revision(version)
        if record is None:
            continue
        spec = snapshot.observation.revisions[version].spec
        autoscalers = [*_autoscalers(snapshot, spec, owner_of(record), decision.ranges.get(version))]
        # Bounds before pods: an autoscaler with the old ones might take back what is added.
        desired = [*autoscalers, *render_version(spec, replicas, owner_of(record), network)]
        yield from _shared_with(autoscalers, snapshot, _repairs(snapshot, desired))
        yield from _surplus(snapshot, record, version, desired)
    yield from _root(snapshot, decision.root_version)
    yield from _preview(snapshot, decision.preview_version)


def _autoscalers(
    snapshot: Snapshot, spec: BertRevisionSpec, owner: Owner, replicas: ReplicaRange | None
) -> Iterator[KubeObject]:
    autoscaling = snapshot.observation.spec.autoscaling
    if autoscaling is not None and replicas is not None:
        autoscaler = render_autoscaler(spec, autoscaling, replicas, owner)
        if autoscaler["kind"] not in snapshot.observation.absent_kinds:
            yield autoscaler


def _shared_with(autoscalers: list[KubeObject], snapshot: Snapshot, writes: Iterable[Write]) -> Iterator[Write]:
    """A Deployment is written only as it was observed: its number of pods is the autoscaler's meanwhile."""
    for write in writes:
        if autoscalers and isinstance(write, Apply) and write.obj["kind"] == "Deployment":
            observed = snapshot.objects.get(key_of(write.obj))
            yield replace(write, resource_version=observed["metadata"]["resourceVersion"] if observed else None)
        else:
            yield write


def _policies(snapshot: Snapshot, operator: Caller | None) -> Iterator[Write]:
    """Before the versions, so that these begin under them. Those of the release alone; none has a version."""
    desired = render_policies(owner_of(snapshot.release), snapshot.observation.spec.network, operator)
    yield from _repairs(snapshot, desired)
    wanted = {key_of(obj) for obj in desired}
    for kind in reversed(POLICY_KINDS):
        for key, obj in snapshot.objects.items():
            if key[0] == kind and key not in wanted:
                yield Delete(Stage.CHILD, obj, "not asked for")


def _root(snapshot: Snapshot, version: str | None) -> Iterator[Write]:
    owner = owner_of(snapshot.release)
    if version is not None:
        yield from _repairs(snapshot, [render_root_service(owner, version, snapshot.observation.spec.network)])
        return
    left = snapshot.objects.get(("Service", owner.namespace, owner.name))
    if left is not None and _belongs_to(left, owner.uid):
        yield Delete(Stage.CHILD, left, "nothing may be reached yet")


def _preview(snapshot: Snapshot, version: str | None) -> Iterator[Write]:
    if version is not None:
        network = snapshot.observation.spec.network
        yield from _repairs(snapshot, [render_preview_service(owner_of(snapshot.release), version, network)])
        return
    namespace, name = snapshot.observation.namespace, snapshot.observation.name
    left = snapshot.objects.get(("Service", namespace, preview_name(name)))
    if left is not None:
        yield Delete(Stage.CHILD, left, "no candidate to preview")


def _repairs(snapshot: Snapshot, desired: Iterable[KubeObject], stage: Stage = Stage.CHILD) -> Iterator[Write]:
    for obj in desired:
        observed = snapshot.objects.get(key_of(obj))
        if observed is None:
            yield Apply(stage, obj, "missing")
        elif observed.get("immutable") and observed.get("data") != obj.get("data"):
            yield Delete(stage, observed, "data")  # the next pass creates it anew
        elif (difference := differs(obj, observed)) is not None:
            yield Apply(stage, obj, difference)


def _surplus(snapshot: Snapshot, record: KubeObject, version: str, desired: Iterable[KubeObject]) -> Iterator[Write]:
    """Children that the version has and should not have. Others may copy our labels to what is theirs."""
    wanted = {key_of(obj) for obj in desired}
    for key, obj in snapshot.objects.items():
        if key[0] in {RELEASE_KIND, REVISION_KIND} or key in wanted:
            continue
        labelled = obj["metadata"].get("labels", {}).get(LABEL_VERSION) == version
        if labelled and _belongs_to(obj, record["metadata"]["uid"]):
            yield Delete(Stage.CHILD, obj, "not wanted")


def _belongs_to(obj: KubeObject, uid: str) -> bool:
    return uid in {owner["uid"] for owner in obj["metadata"].get("ownerReferences", [])}


def _statuses(snapshot: Snapshot, decision: Decision, *, write_figures: bool) -> Iterator[Write]:
    """Verdicts before the release's own status, which is what a next decision starts from."""
    for version, status in decision.revision_statuses.items():
        record = snapshot.revision(version)
        if record is not None:
            yield _status(record, status, status.verdict.value)
    before = snapshot.observation.status
    if decision.status == before:
        return
    if write_figures or differs_in_substance(decision.status, before):
        yield _status(snapshot.release, decision.status, decision.status.phase.value)


def _status(obj: KubeObject, status: BertReleaseStatus | BertRevisionStatus, reason: str) -> StatusPatch:
    metadata = obj["metadata"]
    wanted = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    identity = {name: metadata[name] for name in ("name", "namespace", "resourceVersion")}
    body = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": identity}
    return StatusPatch(Stage.STATUS, {**body, "status": merge_patch(obj.get("status") or {}, wanted)}, reason)


def _route(snapshot: Snapshot, decision: Decision) -> Iterator[Write]:
    if decision.route is None or decision.route.urgent:
        return
    observed = snapshot.observation.route
    for write in _repairs(snapshot, [_desired_route(snapshot, decision.route)], Stage.ROUTE):
        if isinstance(write, Apply):
            yield replace(write, resource_version=observed.resource_version if observed is not None else None)


def _desired_route(snapshot: Snapshot, route: RouteDecision) -> KubeObject:
    network = snapshot.observation.spec.network
    return ROUTE_FORMATS[network.router].render(owner_of(snapshot.release), route.weights, route.note, network)


def _prune(snapshot: Snapshot, decision: Decision) -> Iterator[Write]:
    for version in decision.prune:
        record = snapshot.revision(version)
        if record is not None:
            yield Delete(Stage.PRUNE, record, "beyond spec.history.keep")
