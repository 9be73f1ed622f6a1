"""The autoscaler of one version, as a HorizontalPodAutoscaler."""

from typing import Any

from bertrelease_operator.api.autoscaling import Autoscaling, ScalingBehavior
from bertrelease_operator.api.names import child_name
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.core.decision import ReplicaRange
from bertrelease_operator.render.metadata import KubeObject, Owner, version_metadata, without_empty


def render_horizontal_pod_autoscaler(
    record: BertRevisionSpec, autoscaling: Autoscaling, replicas: ReplicaRange, owner: Owner
) -> KubeObject:
    """Moves the version's Deployment between the bounds of `replicas`."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": version_metadata(owner, record.release, record.version),
        "spec": {
            "scaleTargetRef": {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": child_name(record.release, record.version),
            },
            "minReplicas": replicas.least,
            "maxReplicas": replicas.most,
            "metrics": _metrics(autoscaling),
            **without_empty({"behavior": scaling_behavior(autoscaling.behavior)}),
        },
    }


def _metrics(autoscaling: Autoscaling) -> list[dict[str, Any]]:
    """The autoscaler follows whichever asks for the most pods."""
    metrics: list[dict[str, Any]] = []
    if autoscaling.cpu_utilization_percent is not None:
        target = {"type": "Utilization", "averageUtilization": autoscaling.cpu_utilization_percent}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    if autoscaling.pod_metric is not None:
        metric = {"name": autoscaling.pod_metric.name}
        target = {"type": "AverageValue", "averageValue": autoscaling.pod_metric.average_value}
        metrics.append({"type": "Pods", "pods": {"metric": metric, "target": target}})
    return metrics


def scaling_behavior(behavior: ScalingBehavior | None) -> dict[str, Any]:
    """Without what is not said: the API server has its own defaults for that."""
    if behavior is None:
        return {}
    said = behavior.model_dump(mode="json", by_alias=True, exclude_none=True)
    return without_empty({direction: without_empty(rules) for direction, rules in said.items()})
