"""The autoscaler of a version for KEDA, against the fields that its ScaledObject has."""

from typing import Any, Final

from bertrelease_operator.api.autoscaling import Autoscaling
from bertrelease_operator.core.decision import ReplicaRange
from bertrelease_operator.render.autoscalers import render_autoscaler
from bertrelease_operator.render.metadata import KubeObject
from tests.unit.operator.render.samples import REVISION, VERSION, VERSION_LABELS, record

TRIGGER: Final[dict[str, Any]] = {
    "url": "http://prometheus.monitoring:9090",
    "query": 'sum(bert_queue_jobs{namespace="$namespace",pod=~"$release-.*",version="$version",x="$other"})',
    "threshold": 16,
}
# Fields of ScaledObject, keda.sh/v1alpha1, as far as they are used, with the type of each.
SCHEMA: Final[dict[str, Any]] = {
    "scaleTargetRef": {"apiVersion": str, "kind": str, "name": str},
    "minReplicaCount": int,
    "maxReplicaCount": int,
    "advanced": {"horizontalPodAutoscalerConfig": {"behavior": dict}},
    "triggers": [{"type": str, "metricType": str, "metadata": {"*": str}}],
}


def scaled_object(**fields: Any) -> KubeObject:
    said = {"kind": "keda", "maxReplicas": 10, "prometheus": TRIGGER, **fields}
    return render_autoscaler(record(), Autoscaling.model_validate(said), ReplicaRange(2, 10), REVISION)


def complaints(value: Any, schema: Any, path: str = "spec") -> list[str]:
    """Where `value` is not of `schema`."""
    if isinstance(schema, type):
        return [] if isinstance(value, schema) else [path]
    if isinstance(schema, list):
        return [bad for i, item in enumerate(value) for bad in complaints(item, schema[0], f"{path}[{i}]")]
    unknown = [f"{path}.{name}" for name in value if name not in schema and "*" not in schema]
    known = {name: schema.get(name, schema.get("*")) for name in value if f"{path}.{name}" not in unknown}
    return unknown + [bad for name, node in known.items() for bad in complaints(value[name], node, f"{path}.{name}")]


def test_it_has_nothing_but_fields_of_a_scaled_object() -> None:
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 600}}
    assert complaints(scaled_object(cpuUtilizationPercent=60, behavior=behavior)["spec"], SCHEMA) == []
    assert complaints({"minReplicaCount": "2", "idle": 1}, SCHEMA) == ["spec.idle", "spec.minReplicaCount"]


def test_it_moves_the_deployment_of_the_version_between_the_bounds_and_goes_with_it() -> None:
    obj = scaled_object()
    assert (obj["apiVersion"], obj["kind"]) == ("keda.sh/v1alpha1", "ScaledObject")
    assert (obj["metadata"]["name"], obj["metadata"]["labels"]) == (REVISION.name, VERSION_LABELS)
    assert obj["metadata"]["ownerReferences"][0]["uid"] == REVISION.uid
    assert obj["spec"]["scaleTargetRef"]["name"] == REVISION.name
    assert (obj["spec"]["minReplicaCount"], obj["spec"]["maxReplicaCount"]) == (2, 10)
    assert "advanced" not in obj["spec"]


def test_the_query_is_about_the_version() -> None:
    (trigger,) = scaled_object()["spec"]["triggers"]
    assert (trigger["type"], trigger["metricType"]) == ("prometheus", "AverageValue")
    assert trigger["metadata"] == {
        "serverAddress": "http://prometheus.monitoring:9090",
        "query": f'sum(bert_queue_jobs{{namespace="nlp",pod=~"fill-mask-.*",version="{VERSION}",x="$other"}})',
        "threshold": "16",
    }


def test_the_load_of_the_cpu_is_a_trigger_of_its_own_and_the_behavior_is_the_autoscalers() -> None:
    down = {"stabilizationWindowSeconds": 0}
    spec = scaled_object(cpuUtilizationPercent=60, behavior={"scaleDown": down})["spec"]
    assert spec["triggers"][0] == {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "60"}}
    assert spec["advanced"] == {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": down}}}
