"""Whole passes against an API server in memory: order of writes, and faults."""

import copy

import pytest

from bertrelease_operator.adapters.errors import (
    ClusterError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotLeaderError,
    UnreachableError,
)
from bertrelease_operator.api.names import (
    LABEL_MANAGED_BY,
    LABEL_RELEASE,
    LABEL_VERSION,
    MANAGED_BY,
    child_name,
    preview_name,
)
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.gates.contract import GateResult
from tests.support.gates import JUDGE
from tests.unit.operator.runtime.fake_cluster import Call, failing
from tests.unit.operator.runtime.scene import BAD, KEY, RELEASE, Scene

CHILDREN = {"ConfigMap", "Service", "DestinationRule", "Deployment", "PodDisruptionBudget"}


def since(scene: Scene, start: int) -> list[tuple[str, str]]:
    """Writes after the first `start`, Events left out."""
    return [write for write in scene.cluster.writes()[start:] if write != ("create", "Event")]


async def test_a_new_release_gets_its_record_its_children_its_status_and_its_route() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(5)
    writes = since(scene, 0)
    assert writes[0] == ("apply", "BertRevision")
    first_status = writes.index(("status", "BertRelease"))
    assert {kind for verb, kind in writes[1:first_status] if verb == "apply"} == CHILDREN
    assert writes.index(("apply", "VirtualService")) > first_status
    assert scene.weights() == {"v1.0.0": 100}


async def test_a_settled_release_is_not_written_to() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(100)
    before = len(scene.cluster.calls)
    await scene.run(100)
    assert since(scene, before) == []
    assert await scene.reconciler.reconcile(KEY) is None


async def test_the_preview_service_is_there_only_while_a_candidate_is_in_preview() -> None:
    scene = Scene()
    blue_green = {"kind": "blueGreen", "blueGreen": {"holdSeconds": 10}, "observationSeconds": 60}
    scene.release("v1.0.0", strategy=blue_green)
    await scene.run(100)
    preview = ("Service", *KEY[:1], preview_name(RELEASE))
    assert preview not in scene.cluster.objects
    scene.release("v1.1.0", strategy=blue_green)
    await scene.run(5)
    assert scene.cluster.objects[preview]["spec"]["selector"][LABEL_VERSION] == "v1.1.0"
    assert scene.weights() == {"v1.0.0": 100}
    await scene.run(60)
    assert scene.weights() == {"v1.1.0": 100}
    assert preview not in scene.cluster.objects


async def test_a_first_version_that_must_pass_a_gate_first_is_not_reached_any_more() -> None:
    scene = Scene()
    scene.unready.add("v1.0.0")
    scene.release("v1.0.0")
    await scene.run(5)
    assert scene.object("Service", RELEASE)["spec"]["selector"][LABEL_VERSION] == "v1.0.0"
    scene.gate_results["v1.0.0"] = GateResult(Verdict.FAIL, "Wrong answers.")
    scene.release("v1.0.0", gates=[JUDGE])
    await scene.settle()
    assert ("Service", *KEY) not in scene.cluster.objects
    scene.unready.clear()
    await scene.run(10)
    assert scene.verdict("v1.0.0") == "Rejected"
    assert scene.object("Deployment", child_name(RELEASE, "v1.0.0"))["spec"]["replicas"] == 0
    assert ("Service", *KEY) not in scene.cluster.objects


async def test_somebody_elses_service_under_the_releases_name_is_left_alone_while_nothing_serves() -> None:
    scene = Scene()
    labels = {LABEL_MANAGED_BY: MANAGED_BY, LABEL_RELEASE: RELEASE}
    metadata = {"name": RELEASE, "namespace": KEY[0], "labels": labels}
    scene.cluster.seed({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"selector": {"a": "b"}}})
    scene.gate_results["v1.0.0"] = GateResult(Verdict.INCONCLUSIVE, "Not yet.")
    scene.release("v1.0.0", gates=[JUDGE])
    await scene.run(10)
    assert scene.object("Service", RELEASE)["spec"]["selector"] == {"a": "b"}


async def test_a_restart_writes_nothing_for_what_is_right() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(100)
    scene.restart()
    before = len(scene.cluster.calls)
    await scene.settle()
    assert since(scene, before) == []


async def test_a_rescue_is_written_first_and_the_mesh_is_left_alone_for_a_while() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(100)
    scene.release("v1.1.0")
    await scene.run(5)
    assert scene.weights() == {"v1.0.0": 50, "v1.1.0": 50}

    scene.evidence["v1.1.0"] = BAD
    before = len(scene.cluster.calls)
    await scene.settle()
    writes = since(scene, before)
    assert writes[:3] == [("apply", "VirtualService"), ("status", "BertRevision"), ("status", "BertRelease")]
    assert {kind for _, kind in writes[3:]} <= {"BertRelease"}
    assert (scene.weights(), scene.verdict("v1.1.0")) == ({"v1.0.0": 100}, "Rejected")
    await scene.run(30)
    assert ("apply", "Deployment") in since(scene, before)  # scaled down in the end


async def test_going_back_by_edit_moves_the_route_with_the_first_write() -> None:
    scene = Scene()
    for version in ("v1.0.0", "v1.1.0"):
        scene.release(version)
        await scene.run(100)
    scene.edit_version("v1.0.0")
    before = len(scene.cluster.calls)
    await scene.settle()
    assert since(scene, before)[0] == ("apply", "VirtualService")
    assert scene.weights() == {"v1.0.0": 100}


async def test_forward_the_route_moves_only_if_it_is_as_it_was_observed() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(100)
    scene.release("v1.1.0")
    await scene.run(1)

    def interfere(call: Call) -> None:
        if (call.verb, call.kind) == ("apply", "VirtualService"):
            scene.cluster.seed(scene.object("VirtualService", RELEASE))

    scene.cluster.fault = interfere
    with pytest.raises(ConflictError):
        await scene.run(5)
    assert scene.weights() == {"v1.0.0": 100}
    scene.cluster.fault = lambda _call: None
    await scene.run(2)
    assert scene.weights() == {"v1.0.0": 50, "v1.1.0": 50}


async def test_a_rescue_is_written_even_if_nothing_else_can_be() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(100)
    scene.release("v1.1.0")
    await scene.run(5)
    scene.evidence["v1.1.0"] = BAD

    def only_routes(call: Call) -> BaseException | None:
        return UnreachableError("no") if call.kind != "VirtualService" else None

    scene.cluster.fault = only_routes
    with pytest.raises(UnreachableError):
        await scene.settle()
    assert scene.weights() == {"v1.0.0": 100}
    # After a restart the note on the route is all that is left of the verdict, and it is enough.
    scene.cluster.fault = lambda _call: None
    scene.evidence.clear()
    scene.restart()
    await scene.run(5)
    assert scene.verdict("v1.1.0") == "Rejected"


@pytest.mark.parametrize("kind", sorted(CHILDREN))
async def test_a_child_that_cannot_be_written_keeps_the_route_back_but_not_its_siblings(kind: str) -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(100)
    scene.release("v1.1.0")
    scene.cluster.fault = failing(ForbiddenError("not allowed"), verb="apply", kind=kind, times=10_000)
    scene.hear()
    await scene.reconciler.reconcile(KEY)  # the record
    scene.hear()
    with pytest.raises(ForbiddenError):
        await scene.reconciler.reconcile(KEY)
    name = child_name(RELEASE, "v1.1.0")
    written = {key[0] for key in scene.cluster.objects if key[2] == name}
    assert written >= CHILDREN - {kind}
    assert scene.weights() == {"v1.0.0": 100}


async def test_a_missing_permission_is_told_once_in_an_event() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    scene.cluster.fault = failing(ForbiddenError("deployments are forbidden"), kind="Deployment", times=10_000)
    for _ in range(5):
        scene.hear()
        try:
            await scene.reconciler.reconcile(KEY)
        except ForbiddenError:
            scene.now += 1
    told = [obj for key, obj in scene.cluster.objects.items() if key[0] == "Event" and obj["reason"] == "WriteRefused"]
    assert [event["message"] for event in told] == ["deployments are forbidden"]


@pytest.mark.parametrize("error", [ConflictError("x"), UnreachableError("x")])
async def test_events_are_told_once_though_their_status_took_two_attempts(error: ClusterError) -> None:
    scene = Scene()
    scene.release("v1.0.0")
    scene.cluster.fault = failing(error, verb="status", kind="BertRelease")
    scene.hear()
    await scene.reconciler.reconcile(KEY)
    scene.hear()
    with pytest.raises(type(error)):
        await scene.reconciler.reconcile(KEY)
    await scene.settle()
    reasons = [obj["reason"] for key, obj in scene.cluster.objects.items() if key[0] == "Event"]
    assert reasons.count("Started") == 1


async def test_who_does_not_lead_writes_nothing() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    scene.hear()
    scene.cluster.fault = lambda _call: NotLeaderError("no lease")
    with pytest.raises(NotLeaderError):
        await scene.reconciler.reconcile(KEY)
    assert scene.cluster.calls == []


async def test_a_spec_that_cannot_be_read_is_told_and_nothing_else_is_touched() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(100)
    broken = scene.object("BertRelease", RELEASE)
    scene.cluster.seed({**broken, "spec": {**broken["spec"], "fieldOfTomorrow": 1}})
    before = len(scene.cluster.calls)
    await scene.settle()
    assert since(scene, before) == []
    told = [obj for key, obj in scene.cluster.objects.items() if key[0] == "Event" and obj["reason"] == "Unreadable"]
    assert len(told) == 1
    assert "spec.fieldOfTomorrow" in told[0]["message"]


async def test_a_deleted_release_is_forgotten() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(5)
    assert scene.watcher.watches
    scene.cluster.objects.clear()
    before = len(scene.cluster.calls)
    await scene.settle()
    assert since(scene, before) == []
    assert scene.watcher.watches == ()
    assert b'release="bert"' not in scene.telemetry.page()


async def test_a_child_that_was_deleted_comes_back() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(100)
    for kind in sorted(CHILDREN):
        scene.cluster.remove((kind, KEY[0], child_name(RELEASE, "v1.0.0")))
    scene.cluster.remove(("Service", *KEY))
    await scene.settle()
    assert {key[0] for key in scene.cluster.objects if key[2] == child_name(RELEASE, "v1.0.0")} >= CHILDREN
    assert ("Service", *KEY) in scene.cluster.objects


async def test_limits_that_are_taken_out_of_the_spec_go_and_those_of_others_stay() -> None:
    scene = Scene()
    name = child_name(RELEASE, "v1.0.0")
    scene.release("v1.0.0", network={"connections": {"maxConnections": 10, "maxPendingRequests": 1}})
    await scene.settle()
    rule = copy.deepcopy(scene.object("DestinationRule", name))
    rule["spec"]["trafficPolicy"]["connectionPool"]["http"]["maxRetries"] = 3
    scene.cluster.seed(rule)
    scene.release("v1.0.0", network={"connections": {"maxPendingRequests": 1}})
    await scene.settle()
    pool = scene.object("DestinationRule", name)["spec"]["trafficPolicy"]["connectionPool"]
    assert (pool["tcp"].keys(), pool["http"]["maxRetries"]) == ({"connectTimeout"}, 3)
    assert pool["http"]["http1MaxPendingRequests"] == 1


async def test_an_apply_that_is_refused_because_of_what_others_wrote_replaces_it() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(100)
    service = scene.object("Service", child_name(RELEASE, "v1.0.0"))
    port = {**service["spec"]["ports"][0], "port": 81}
    scene.cluster.seed({**service, "spec": {**service["spec"], "ports": [port]}})
    scene.cluster.fault = failing(InvalidError("spec.ports[1].name: Duplicate value"), verb="apply", kind="Service")
    await scene.settle()
    repaired = scene.object("Service", child_name(RELEASE, "v1.0.0"))
    assert [port["port"] for port in repaired["spec"]["ports"]] == [80]


async def test_an_immutable_child_with_other_contents_is_made_anew() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(100)
    name = child_name(RELEASE, "v1.0.0")
    ours = scene.object("ConfigMap", name)
    scene.cluster.seed({**ours, "data": {"somebody": "else"}, "metadata": {**ours["metadata"], "uid": "other"}})
    await scene.settle()
    assert scene.object("ConfigMap", name)["data"] == ours["data"]


async def test_a_fight_over_a_field_slows_down() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    await scene.run(100)
    waits = []
    for _ in range(10):
        service = scene.object("Service", RELEASE)
        scene.cluster.seed({**service, "spec": {**service["spec"], "selector": {"somebody": "else"}}})
        scene.hear()
        waits.append(await scene.reconciler.reconcile(KEY))
    numbers = [wait for wait in waits if wait is not None]
    assert numbers == sorted(numbers)
    assert numbers[-1] > 10 * numbers[0]
