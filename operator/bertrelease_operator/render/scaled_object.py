"""The autoscaler of one version, for KEDA (keda.sh/docs, ScaledObject specification)."""

from typing import Any

from bertrelease_operator.api.autoscaling import Autoscaling, PrometheusTrigger
from bertrelease_operator.api.names import child_name
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.core.decision import ReplicaRange
from bertrelease_operator.core.queries import filled_query
from bertrelease_operator.render.metadata import KubeObject, Owner, version_metadata, without_empty
from bertrelease_operator.render.pod_autoscaler import scaling_behavior


def render_scaled_object(
    record: BertRevisionSpec, autoscaling: Autoscaling, replicas: ReplicaRange, owner: Owner
) -> KubeObject:
    """KEDA makes a HorizontalPodAutoscaler of it, between the bounds of `replicas`, and never goes to 0."""
    behavior = {"horizontalPodAutoscalerConfig": without_empty({"behavior": scaling_behavior(autoscaling.behavior)})}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": version_metadata(owner, record.release, record.version),
        "spec": {
            "scaleTargetRef": {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": child_name(record.release, record.version),
            },
            "minReplicaCount": replicas.least,
            "maxReplicaCount": replicas.most,
            **without_empty({"advanced": without_empty(behavior)}),
            "triggers": _triggers(record, owner.namespace, autoscaling),
        },
    }


def _triggers(record: BertRevisionSpec, namespace: str, autoscaling: Autoscaling) -> list[dict[str, Any]]:
    """Metadata of triggers is text, whatever it means."""
    triggers: list[dict[str, Any]] = []
    if autoscaling.cpu_utilization_percent is not None:
        value = {"value": str(autoscaling.cpu_utilization_percent)}
        triggers.append({"type": "cpu", "metricType": "Utilization", "metadata": value})
    if autoscaling.prometheus is not None:
        triggers.append(_prometheus(record, namespace, autoscaling.prometheus))
    return triggers


def _prometheus(record: BertRevisionSpec, namespace: str, trigger: PrometheusTrigger) -> dict[str, Any]:
    values = {"namespace": namespace, "release": record.release, "version": record.version}
    return {
        "type": "prometheus",
        "metricType": "AverageValue",
        "metadata": {
            "serverAddress": trigger.url,
            "query": filled_query(trigger.query, values),
            "threshold": f"{trigger.threshold:g}",
        },
    }
