"""What pods say about their version."""

from typing import Any

import pytest

from bertrelease_operator.api.names import LABEL_RELEASE, LABEL_VERSION
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.runtime import pods
from bertrelease_operator.runtime.records import pack
from bertrelease_operator.runtime.store import Store

RELEASE = ("default", "bert")


def pod(name: str = "p", version: str = "v1.0.0", *, deleted: bool = False, **status: Any) -> KubeObject:
    metadata: dict[str, Any] = {"name": name, "namespace": "default", "uid": f"uid-{name}", "resourceVersion": "1"}
    metadata["labels"] = {LABEL_RELEASE: "bert", LABEL_VERSION: version}
    if deleted:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    limits = {"cpu": "1500m", "memory": "1Gi"}
    containers = [{"name": "sidecar"}, {"name": "server", "resources": {"limits": limits}}]
    return {"kind": "Pod", "metadata": metadata, "spec": {"containers": containers}, "status": status}


def ready(value: str = "True") -> dict[str, Any]:
    return {"phase": "Running", "podIP": "10.0.0.1", "conditions": [{"type": "Ready", "status": value}]}


def container(**state: Any) -> dict[str, Any]:
    return {"containerStatuses": [{"name": "sidecar", "restartCount": 9}, {"name": "server", **state}]}


def packed(obj: KubeObject) -> KubeObject:
    stored = pack(obj)
    assert stored is not None
    return stored.unpack()


CRASHED = {
    "restartCount": 3,
    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
    "lastState": {"terminated": {"reason": "Error", "exitCode": 2}},
}


def test_targets_are_the_pods_of_the_versions_that_are_asked_for() -> None:
    store = Store()
    store.put(pod("a", "v1.0.0", **ready(), **container(restartCount=2)))
    store.put(pod("b", "v2.0.0", **ready("False")))
    store.put(pod("c", "v3.0.0", **ready()))
    found = {target.name: target for target in pods.targets_of(store, RELEASE, ["v1.0.0", "v2.0.0"])}
    assert set(found) == {"a", "b"}
    first = found["a"]
    assert (first.uid, first.address, first.version) == ("uid-a", "10.0.0.1", "v1.0.0")
    assert (first.ready, first.restarts, found["b"].ready) == (True, 2, False)
    assert (first.cpu_limit_cores, first.memory_limit_bytes) == (1.5, 1024.0**3)


def test_a_pod_that_does_not_run_has_no_address_to_ask() -> None:
    store = Store()
    store.put(pod("a", **{**ready(), "phase": "Succeeded"}))
    (target,) = pods.targets_of(store, RELEASE, ["v1.0.0"])
    assert target.address == ""


def test_a_pod_that_is_being_deleted_is_not_ready_but_still_asked() -> None:
    store = Store()
    store.put(pod("a", deleted=True, **ready()))
    (target,) = pods.targets_of(store, RELEASE, ["v1.0.0"])
    assert (target.ready, target.address) == (False, "10.0.0.1")


@pytest.mark.parametrize(("restarts", "looping"), [(1, False), (2, True)])
def test_one_bad_start_is_not_a_crash_loop(restarts: int, looping: bool) -> None:
    crashed = packed(pod(**container(**{**CRASHED, "restartCount": restarts})))
    assert pods.is_crash_looping(crashed) is looping


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (container(**CRASHED), "p: its container crashed 3 times, last with exit code 2"),
        (
            container(**{**CRASHED, "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}),
            "p: its container crashed 3 times, last with out of memory",
        ),
        (
            container(state={"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}),
            "p: ImagePullBackOff: no such image",
        ),
        (container(state={"waiting": {"reason": "ContainerCreating"}}), ""),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes: too little memory"}]},
            "p: no node takes it: 0/1 nodes: too little memory",
        ),
        (ready(), ""),
    ],
)
def test_what_is_wrong_is_told_in_a_persons_words(status: dict[str, Any], said: str) -> None:
    assert pods.problem([packed(pod(**status))], None) == said


def test_pods_on_their_way_out_have_no_problems() -> None:
    assert pods.problem([packed(pod(deleted=True, **container(**CRASHED)))], None) == ""


def test_a_quota_that_keeps_pods_from_being_created_is_told() -> None:
    failure = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}
    metadata = {"name": "d", "namespace": "default", "uid": "u", "resourceVersion": "1", "labels": {LABEL_RELEASE: "b"}}
    deployment = packed({"kind": "Deployment", "metadata": metadata, "status": {"conditions": [failure]}})
    assert pods.problem([], deployment) == "exceeded quota"


def test_the_images_are_those_of_all_pods_that_stay() -> None:
    def shown(name: str, image_id: str, *, deleted: bool = False) -> KubeObject:
        return packed(pod(name, deleted=deleted, **ready(), **container(imageID=image_id)))

    assert pods.image_ids([]) == frozenset()
    assert pods.image_ids([shown("a", ""), shown("b", "bert@sha256:1")]) == {"bert@sha256:1"}
    different = [shown("a", "bert@sha256:1"), shown("b", "bert@sha256:2")]
    assert pods.image_ids(different) == {"bert@sha256:1", "bert@sha256:2"}
    assert pods.image_ids([shown("a", "bert@sha256:1", deleted=True), different[1]]) == {"bert@sha256:2"}
