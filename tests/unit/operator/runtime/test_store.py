"""What is kept of the cluster, and what is newer than what."""

from typing import Any

from bertrelease_operator.api.names import FIELD_MANAGER, LABEL_RELEASE, LABEL_VERSION
from bertrelease_operator.runtime.records import pack
from bertrelease_operator.runtime.store import Store
from tests.support.managed_fields import applied

RELEASE = ("default", "bert")


def service(version: int, *, port: int = 80, labelled: bool = True, uid: str = "u") -> dict[str, Any]:
    labels = {LABEL_RELEASE: "bert", LABEL_VERSION: "v1.0.0"} if labelled else {}
    metadata = {"name": "s", "namespace": "default", "uid": uid, "resourceVersion": str(version), "labels": labels}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"port": port}}


KEY = ("Service", "default", "s")


def test_a_new_object_is_news_of_its_release() -> None:
    store = Store()
    assert store.put(service(5)) == RELEASE
    stored = store.of_release(RELEASE)[KEY]
    assert stored.unpack() == service(5)
    assert stored.version == "v1.0.0"


def test_an_object_without_a_release_is_not_kept() -> None:
    store = Store()
    assert store.put(service(5, labelled=False)) is None
    assert store.get(KEY) is None


def test_older_news_never_replace_newer_ones() -> None:
    store = Store()
    store.put(service(7, port=81))
    assert store.put(service(6)) is None
    assert store.put(service(7)) is None
    stored = store.get(KEY)
    assert stored is not None
    assert stored.unpack()["spec"]["port"] == 81


def test_the_echo_of_an_own_write_is_no_news() -> None:
    store = Store()
    store.put(service(5))
    assert store.put(service(6)) is None
    stored = store.get(KEY)
    assert stored is not None
    assert stored.resource_version == 6


def test_a_deletion_is_news_and_what_was_known_before_does_not_come_back() -> None:
    store = Store()
    store.put(service(5))
    assert store.remove(KEY, 8) == RELEASE
    assert store.put(service(6)) is None
    assert store.get(KEY) is None
    assert store.put(service(9, uid="new")) == RELEASE


def test_a_deletion_that_is_older_than_what_is_known_is_none() -> None:
    store = Store()
    store.put(service(9, uid="new"))
    assert store.remove(KEY, 8) is None
    assert store.get(KEY) is not None


def test_graves_are_forgotten_after_a_while() -> None:
    now = [0.0]
    store = Store(clock=lambda: now[0])
    store.remove(KEY, 8)
    now[0] = 1000.0
    store.remove(("Service", "default", "other"), 9)
    assert store.put(service(5)) == RELEASE


def test_only_releases_that_exist_are_listed() -> None:
    store = Store()
    store.put(service(1))
    assert list(store.releases()) == []
    metadata = {"name": "bert", "namespace": "default", "uid": "r", "resourceVersion": "2"}
    store.put({"apiVersion": "bertrelease.io/v1alpha1", "kind": "BertRelease", "metadata": metadata, "spec": {}})
    assert list(store.releases()) == [RELEASE]


def test_an_object_that_changes_its_release_leaves_the_old_one() -> None:
    store = Store()
    store.put(service(1))
    moved = service(2)
    moved["metadata"]["labels"][LABEL_RELEASE] = "other"
    assert store.put(moved) == ("default", "other")
    assert dict(store.of_release(RELEASE)) == {}


def test_heartbeats_in_a_status_are_no_news() -> None:
    store = Store()
    deployment = {**service(1), "kind": "Deployment", "status": {"readyReplicas": 1}}
    store.put(deployment)
    changed = {**service(2), "kind": "Deployment", "status": {"readyReplicas": 2}}
    assert store.put(changed) is None


def test_which_fields_are_ours_is_kept_where_they_may_go_and_whose_else_they_are_is_not() -> None:
    entries = [applied(service(1)), applied(service(1), "istiod", "Update"), applied(service(1), "flux")]
    for kind, kept in (("DestinationRule", 1), ("Service", 0)):
        obj = service(1)
        stored = pack({**obj, "kind": kind, "metadata": {**obj["metadata"], "managedFields": entries}})
        assert stored is not None
        found = stored.unpack()["metadata"].get("managedFields", [])
        assert [(one["manager"], one["fieldsV1"]) for one in found] == [
            (FIELD_MANAGER, entries[0]["fieldsV1"]) for _ in range(kept)
        ]


def test_an_apply_that_changed_nothing_but_its_time_is_no_news() -> None:
    store = Store()
    rule = {**service(1), "kind": "DestinationRule"}
    for version in (1, 2):
        entry = {**applied(rule), "time": f"2026-01-01T00:00:0{version}Z"}
        metadata = {**rule["metadata"], "resourceVersion": str(version), "managedFields": [entry]}
        news = store.put({**rule, "metadata": metadata})
    assert news is None


def test_of_slices_only_names_and_readiness_are_kept() -> None:
    obj = {
        **service(1),
        "kind": "EndpointSlice",
        "endpoints": [
            {"addresses": ["10.0.0.1"], "conditions": {"ready": True}, "targetRef": {"name": "pod-a"}, "zone": "x"},
            {"addresses": ["10.0.0.2"], "conditions": {"ready": False}},
        ],
    }
    stored = pack(obj)
    assert stored is not None
    kept = stored.unpack()["endpoints"]
    assert kept == [{"pod": "pod-a", "ready": True}, {"pod": "10.0.0.2", "ready": False}]
