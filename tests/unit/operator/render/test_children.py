"""The children of a version, and what they share."""

import pytest

from bertrelease_operator.adapters.resources import CHILDREN_SELECTOR, resource_of
from bertrelease_operator.api.network import Network
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.render.children import render_version
from bertrelease_operator.render.revision import render_revision
from tests.unit.operator.render.samples import EVERYTHING, RELEASE, REVISION, VERSION_LABELS, children, record

KINDS = ["ConfigMap", "DestinationRule", "Service", "PodDisruptionBudget", "Deployment"]


def test_a_version_has_one_child_of_each_kind_and_its_pods_come_last() -> None:
    assert [obj["kind"] for obj in render_version(record(), 0, REVISION, Network())] == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_each_child_is_named_after_the_version_and_goes_with_its_revision(kind: str) -> None:
    assert children()[kind]["metadata"] == {
        "name": "fill-mask-v1-2-0-3f2a9c1",
        "namespace": "nlp",
        "labels": VERSION_LABELS,
        "ownerReferences": [
            {
                "apiVersion": "bertrelease.io/v1alpha1",
                "kind": "BertRevision",
                "name": REVISION.name,
                "uid": REVISION.uid,
                "controller": True,
            }
        ],
    }


@pytest.mark.parametrize("kind", KINDS)
def test_each_child_is_of_a_version_of_the_api_that_the_operator_watches(kind: str) -> None:
    child = children()[kind]
    assert resource_of(child).api_version == child["apiVersion"]
    name, _, value = CHILDREN_SELECTOR.partition("=")
    assert child["metadata"]["labels"][name] == value


def test_a_change_of_the_network_or_the_replicas_does_not_touch_the_pods() -> None:
    before = {obj["kind"]: obj for obj in render_version(record(), 1, REVISION, Network(port=80))}
    after = {obj["kind"]: obj for obj in render_version(record(), 9, REVISION, Network(port=8000, hosts=["a.example"]))}
    assert {kind for kind in KINDS if before[kind] != after[kind]} == {"Service", "Deployment"}
    assert before["Deployment"]["spec"]["template"] == after["Deployment"]["spec"]["template"]


def test_the_disruption_budget_never_blocks_a_drain() -> None:
    spec = children()["PodDisruptionBudget"]["spec"]
    assert spec["maxUnavailable"] == 1
    assert "minAvailable" not in spec
    assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_the_revision_records_the_whole_version_and_goes_with_its_release() -> None:
    revision = render_revision(RELEASE, record(**EVERYTHING))
    assert BertRevisionSpec.model_validate(revision["spec"]) == record(**EVERYTHING)
    assert revision["metadata"]["name"] == REVISION.name
    assert revision["metadata"]["labels"] == VERSION_LABELS
    (reference,) = revision["metadata"]["ownerReferences"]
    assert (reference["kind"], reference["uid"]) == ("BertRelease", RELEASE.uid)


def test_the_revision_states_defaults() -> None:
    spec = render_revision(RELEASE, record())["spec"]
    assert spec["config"]["queueSize"] == 1024
    assert spec["probes"]["startup"]["failureThreshold"] == 120
