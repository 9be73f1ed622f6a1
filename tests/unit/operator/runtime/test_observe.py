"""From stored objects to an observation."""

from typing import Any

import pytest

from bertrelease_operator.api.names import child_name
from bertrelease_operator.runtime.observe import UnreadableError, observe, read_upstream
from bertrelease_operator.runtime.store import Store
from tests.unit.operator.runtime.scene import KEY, NAMESPACE, RELEASE, Scene


async def scene() -> Scene:
    made = Scene()
    made.release("v1.0.0")
    await made.run(100)
    made.hear()
    return made


def changed(made: Scene, kind: str, name: str, **fields: Any) -> None:
    made.store.put(made.cluster.seed({**made.object(kind, name), **fields}))


async def test_everything_that_a_decision_needs_is_seen() -> None:
    made = await scene()
    snapshot = observe(KEY, made.store.of_release(KEY), {})
    assert snapshot is not None
    seen = snapshot.observation
    assert (seen.spec.version, seen.status.stable, seen.root_version) == ("v1.0.0", "v1.0.0", "v1.0.0")
    assert seen.route is not None
    assert dict(seen.route.weights) == {"v1.0.0": 100}
    assert (seen.workloads["v1.0.0"].replicas, seen.workloads["v1.0.0"].ready_endpoints) == (2, 2)
    assert seen.revisions["v1.0.0"].spec.model.name == "bert-v1.0.0"
    record = snapshot.revision("v1.0.0")
    assert record is not None
    assert record["metadata"]["uid"] == seen.revisions["v1.0.0"].uid


async def test_a_command_is_read_from_its_annotation() -> None:
    made = await scene()
    metadata = {
        **made.object("BertRelease", RELEASE)["metadata"],
        "annotations": {"bertrelease.io/command": "retry x 1"},
    }
    changed(made, "BertRelease", RELEASE, metadata=metadata)
    snapshot = observe(KEY, made.store.of_release(KEY), {})
    assert snapshot is not None
    assert snapshot.observation.command == "retry x 1"


async def test_pods_of_both_address_families_are_counted_once() -> None:
    made = await scene()
    name = child_name(RELEASE, "v1.0.0")
    ipv4 = made.object("EndpointSlice", name)
    metadata = {**ipv4["metadata"], "name": f"{name}-ipv6"}
    made.store.put(made.cluster.seed({**ipv4, "metadata": metadata}))
    snapshot = observe(KEY, made.store.of_release(KEY), {})
    assert snapshot is not None
    assert snapshot.observation.ready("v1.0.0") == 2


@pytest.mark.parametrize("kind", ["BertRelease", "BertRevision"])
async def test_an_object_that_does_not_fit_the_schema_is_named_with_its_field(kind: str) -> None:
    made = await scene()
    name = RELEASE if kind == "BertRelease" else child_name(RELEASE, "v1.0.0")
    spec = {**made.object(kind, name)["spec"], "version": 1}
    changed(made, kind, name, spec=spec)
    with pytest.raises(UnreadableError, match=f"{kind} {NAMESPACE}/{name}: spec.version"):
        observe(KEY, made.store.of_release(KEY), {})


async def test_a_release_that_is_being_deleted_is_none() -> None:
    made = await scene()
    metadata = {**made.object("BertRelease", RELEASE)["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}
    changed(made, "BertRelease", RELEASE, metadata=metadata)
    assert observe(KEY, made.store.of_release(KEY), {}) is None


def test_without_a_release_there_is_nothing_to_observe() -> None:
    assert observe(KEY, Store().of_release(KEY), {}) is None


async def test_versions_of_an_earlier_release_of_the_same_name_do_not_count() -> None:
    made = await scene()
    name = child_name(RELEASE, "v1.0.0")
    metadata = made.object("BertRevision", name)["metadata"]
    orphaned = {**metadata, "ownerReferences": [{**metadata["ownerReferences"][0], "uid": "of-an-earlier-one"}]}
    changed(made, "BertRevision", name, metadata=orphaned)
    snapshot = observe(KEY, made.store.of_release(KEY), {})
    assert snapshot is not None
    assert dict(snapshot.observation.revisions) == {}


@pytest.mark.parametrize(
    ("fields", "is_unknown"),
    [
        ({}, False),
        ({"aFieldOfTheFuture": 1}, False),
        ({"config": {"queueSize": 9, "aFieldOfTheFuture": 1}}, True),
        ({"model": {"name": "bert", "source": {"aFieldOfTheFuture": 1}}}, True),
    ],
)
async def test_a_version_of_another_operator_proves_nothing_if_part_of_its_contents_is_not_known_here(
    fields: dict[str, Any], is_unknown: bool
) -> None:
    made = await scene()
    revision = made.object("BertRevision", child_name(RELEASE, "v1.0.0"))
    digest = f"sha256:{'1' * 64}"
    status = {**revision["status"], "imageId": f"localhost/bert@{digest}", "fingerprint": digest}
    foreign = {**revision, "spec": {**revision["spec"], **fields}, "status": status}
    view = read_upstream(made.object("BertRelease", RELEASE), [foreign], lenient=True).versions["v1.0.0"]
    assert view.has_unknown_fields is is_unknown
    assert (view.proof is None) is is_unknown
