"""Records and owners to render from."""

from typing import Any

from bertrelease_operator.api.names import RELEASE_KIND, REVISION_KIND
from bertrelease_operator.api.network import Network
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.render.children import render_version
from bertrelease_operator.render.metadata import KubeObject, Owner
from bertrelease_operator.render.workload import render_deployment

RELEASE = Owner(kind=RELEASE_KIND, name="fill-mask", namespace="nlp", uid="0000-release")
REVISION = Owner(kind=REVISION_KIND, name="fill-mask-v1-2-0-3f2a9c1", namespace="nlp", uid="0000-revision")
VERSION = "v1.2.0-3f2a9c1"
FINGERPRINT = "sha256:" + "ab" * 32
# What every label set of the release's own objects begins with.
LABELS = {
    "app.kubernetes.io/name": "bert-server",
    "app.kubernetes.io/instance": "fill-mask",
    "app.kubernetes.io/managed-by": "bertrelease",
    "bertrelease.io/release": "fill-mask",
}
VERSION_LABELS = {**LABELS, "app.kubernetes.io/version": VERSION, "bertrelease.io/version": VERSION}
SELECTOR = {"bertrelease.io/release": "fill-mask", "bertrelease.io/version": VERSION}

# Uses every field that reaches a child, with values that the API server rewrites or drops where it does so.
EVERYTHING: dict[str, Any] = {
    "image": {
        "repository": "registry.example.org/team/bert",
        "tag": "v1.2.0",
        "digest": "sha256:" + "cd" * 32,
        "pullPolicy": "Always",
        "pullSecrets": ["registry-credentials", "spare-credentials"],
    },
    "model": {
        "name": "中文完形填空",
        "fingerprint": FINGERPRINT,
        "source": {"kind": "volume", "claimName": "bert-bundles", "path": "/bundles/fill-mask"},
    },
    "config": {
        "threads": 2,
        "queueSize": 128,
        "maxBodyBytes": 65536,
        "drainSeconds": 7,
        "logLevel": "debug",
        "apiKeys": {"name": "clients"},
        "extra": {"stall_seconds": "20"},
    },
    "resources": {
        "requests": {"cpu": "1000m", "memory": "1.5Gi"},
        "limits": {"cpu": 2, "memory": "2048Mi", "nvidia.com/gpu": 1},
    },
    "probes": {
        "startup": {"periodSeconds": 2, "timeoutSeconds": 1, "failureThreshold": 300},
        "readiness": {"periodSeconds": 3, "timeoutSeconds": 2, "failureThreshold": 4},
        "liveness": {"periodSeconds": 20, "timeoutSeconds": 5, "failureThreshold": 6},
    },
    "podTemplate": {
        "labels": {"example.org/team": "nlp"},
        "annotations": {"example.org/contact": "值班"},
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "tolerations": [
            {"key": "dedicated", "operator": "Equal", "value": "inference", "effect": "NoSchedule"},
            {"key": "spot", "operator": "Exists", "value": None, "effect": ""},
        ],
        "affinity": {
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {
                        "weight": 10,
                        "podAffinityTerm": {
                            "topologyKey": "topology.kubernetes.io/zone",
                            "labelSelector": {"matchLabels": SELECTOR},
                            "namespaces": [],
                        },
                    }
                ]
            }
        },
        "priorityClassName": "system-node-critical",
        "runtimeClassName": "nvidia",
        "serviceAccountName": "bert",
        "terminationGracePeriodSeconds": 60,
    },
}


def record(**fields: Any) -> BertRevisionSpec:
    """The record of `VERSION` with nothing but what is required, and `fields`."""
    required = {"image": {"repository": "localhost/bert"}, "model": {"name": "bert-base-chinese"}}
    return BertRevisionSpec.model_validate({"release": RELEASE.name, "version": VERSION, **required, **fields})


def children(**fields: Any) -> dict[str, KubeObject]:
    """The version's children by kind."""
    return {obj["kind"]: obj for obj in render_version(record(**fields), 2, REVISION, Network())}


def pod_template(**fields: Any) -> KubeObject:
    template: KubeObject = render_deployment(record(**fields), 2, REVISION)["spec"]["template"]
    return template


def container(**fields: Any) -> dict[str, Any]:
    (only,) = pod_template(**fields)["spec"]["containers"]
    return only  # type: ignore[no-any-return]


def environment(**fields: Any) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container(**fields)["env"]}
