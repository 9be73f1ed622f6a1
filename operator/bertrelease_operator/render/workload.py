"""The Deployment of one version."""

from typing import Any, Final

from bertrelease_operator.api.names import METRICS_PORT, child_name
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.workload import ModelSourceKind, Snapshot, TopologySpread
from bertrelease_operator.render.api_keys import api_keys_volume
from bertrelease_operator.render.container import (
    BUNDLE_VOLUME,
    CONFIG_VOLUME,
    SCRATCH_VOLUME,
    render_container,
)
from bertrelease_operator.render.metadata import (
    KubeObject,
    Owner,
    pod_selector,
    version_labels,
    version_metadata,
    without_empty,
)

# The image's own user; a number, because runAsNonRoot cannot judge a name.
USER_ID: Final = 65532
_SCRATCH_SIZE: Final = "512Mi"
# Scheduling, and pulling an image of some hundred megabytes, before the startup probe begins to count.
_PLACING_SECONDS: Final = 600

# Over zones and nodes, where there is a choice; a pod in a crowded place still beats none.
_EVENLY: Final = (
    TopologySpread(topology_key="topology.kubernetes.io/zone"),
    TopologySpread(topology_key="kubernetes.io/hostname"),
)

_POD_SECURITY: Final = {
    "runAsNonRoot": True,
    "runAsUser": USER_ID,
    "runAsGroup": USER_ID,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def render_deployment(record: BertRevisionSpec, replicas: int, owner: Owner) -> KubeObject:
    """Runs `replicas` pods of the recorded version."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": version_metadata(owner, record.release, record.version),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": pod_selector(record.release, record.version)},
            # A version's pods change only when somebody meddles, or with an upgrade of the operator; then, too,
            # none of them goes before its successor is ready, and there is nothing older worth going back to.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "revisionHistoryLimit": 0,
            "progressDeadlineSeconds": _startup_seconds(record) + _PLACING_SECONDS,
            "template": {"metadata": _pod_metadata(record), "spec": _pod_spec(record)},
        },
    }


def _startup_seconds(record: Snapshot) -> int:
    startup = record.probes.startup
    return startup.period_seconds * startup.failure_threshold


def _pod_metadata(record: BertRevisionSpec) -> dict[str, Any]:
    template = record.pod_template
    annotations = {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(METRICS_PORT),
        "prometheus.io/path": "/metrics",
        # The operator scrapes from outside the mesh; a sidecar under strict mTLS would refuse it.
        "traffic.sidecar.istio.io/excludeInboundPorts": str(METRICS_PORT),
    }
    return {
        "labels": {**template.labels, **version_labels(record.release, record.version)},
        "annotations": {**annotations, **template.annotations},
    }


def _pod_spec(record: BertRevisionSpec) -> dict[str, Any]:
    template = record.pod_template
    optional = {
        "imagePullSecrets": [{"name": name} for name in record.image.pull_secrets],
        "nodeSelector": dict(template.node_selector),
        "tolerations": list(template.tolerations),
        "affinity": template.affinity,
        "topologySpreadConstraints": _spreads(record),
        "priorityClassName": template.priority_class_name,
        "runtimeClassName": template.runtime_class_name,
        "serviceAccountName": template.service_account_name,
    }
    return {
        "automountServiceAccountToken": False,
        # Variables named after other Services of the namespace could pass for the server's own settings.
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": template.termination_grace_period_seconds,
        "securityContext": _POD_SECURITY,
        **without_empty(optional),
        "containers": [render_container(record)],
        "volumes": _volumes(record),
    }


def _spreads(record: BertRevisionSpec) -> list[dict[str, Any]]:
    constraints = record.pod_template.topology_spread_constraints
    selector = {"matchLabels": pod_selector(record.release, record.version)}
    return [
        {**spread.model_dump(mode="json", by_alias=True), "labelSelector": selector}
        for spread in (_EVENLY if constraints is None else constraints)
    ]


def _volumes(record: BertRevisionSpec) -> list[dict[str, Any]]:
    source = record.model.source
    volumes: list[dict[str, Any]] = [
        {"name": CONFIG_VOLUME, "configMap": {"name": child_name(record.release, record.version)}},
        {"name": SCRATCH_VOLUME, "emptyDir": {"sizeLimit": _SCRATCH_SIZE}},
    ]
    if source.kind is ModelSourceKind.VOLUME:
        claim = {"claimName": source.claim_name, "readOnly": True}
        volumes.append({"name": BUNDLE_VOLUME, "persistentVolumeClaim": claim})
    if record.config.api_keys is not None:
        volumes.append(api_keys_volume(record.config.api_keys))
    return volumes
