"""The autoscaler of a version, and when one in the cluster is no longer ours."""

import copy
from typing import Any

import pytest

from bertrelease_operator.adapters.resources import resource_of
from bertrelease_operator.api.autoscaling import Autoscaling
from bertrelease_operator.core.decision import ReplicaRange
from bertrelease_operator.render.autoscalers import render_autoscaler
from bertrelease_operator.render.drift import differs
from bertrelease_operator.render.metadata import KubeObject
from tests.unit.operator.render.samples import REVISION, VERSION_LABELS, record


def autoscaler(**fields: Any) -> KubeObject:
    said = {"maxReplicas": 10, "cpuUtilizationPercent": 60, **fields}
    return render_autoscaler(record(), Autoscaling.model_validate(said), ReplicaRange(2, 10), REVISION)


def test_it_moves_the_deployment_of_the_version_between_the_bounds_and_goes_with_it() -> None:
    obj = autoscaler()
    assert resource_of(obj).api_version == obj["apiVersion"]
    assert (obj["metadata"]["name"], obj["metadata"]["labels"]) == (REVISION.name, VERSION_LABELS)
    assert obj["metadata"]["ownerReferences"][0]["uid"] == REVISION.uid
    assert obj["spec"] == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": REVISION.name},
        "minReplicas": 2,
        "maxReplicas": 10,
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}},
            }
        ],
    }


def test_a_metric_of_the_pods_comes_beside_the_load() -> None:
    metrics = autoscaler(podMetric={"name": "bert_queue_jobs", "averageValue": "16"})["spec"]["metrics"]
    assert [metric["type"] for metric in metrics] == ["Resource", "Pods"]
    assert metrics[1]["pods"] == {
        "metric": {"name": "bert_queue_jobs"},
        "target": {"type": "AverageValue", "averageValue": "16"},
    }


def test_a_metric_alone_leaves_the_load_out() -> None:
    obj = autoscaler(cpuUtilizationPercent=None, podMetric={"name": "bert_queue_jobs", "averageValue": "16"})
    assert [metric["type"] for metric in obj["spec"]["metrics"]] == ["Pods"]


def test_of_the_behavior_only_what_is_said_is_rendered() -> None:
    down = {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}
    assert autoscaler(behavior={"scaleDown": down})["spec"]["behavior"] == {"scaleDown": down}
    assert "behavior" not in autoscaler(behavior={"scaleUp": {}})["spec"]


def test_a_quantity_in_another_spelling_is_no_drift() -> None:
    ours = autoscaler(podMetric={"name": "bert_queue_jobs", "averageValue": "16000m"})
    stored = copy.deepcopy(ours)
    stored["spec"]["metrics"][1]["pods"]["target"]["averageValue"] = "16"
    assert differs(ours, stored) is None


def test_defaults_that_the_api_server_adds_are_no_drift() -> None:
    ours = autoscaler(behavior={"scaleDown": {"stabilizationWindowSeconds": 0}})
    stored = copy.deepcopy(ours)
    stored["spec"]["behavior"]["scaleUp"] = {"selectPolicy": "Max", "stabilizationWindowSeconds": 0}
    stored["spec"]["behavior"]["scaleDown"]["selectPolicy"] = "Max"
    assert differs(ours, stored) is None


@pytest.mark.parametrize(
    ("path", "value"),
    [("minReplicas", 1), ("maxReplicas", 100), ("metrics", [])],
)
def test_what_somebody_changed_is_found(path: str, value: object) -> None:
    stored = autoscaler()
    stored["spec"][path] = value
    assert differs(autoscaler(), stored) == f"spec.{path}"
