"""Specs that are accepted and refused, with the words that a person gets to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Spec = dict[str, Any]

MINIMAL: Spec = {
    "version": "v1.0.0",
    "image": {"repository": "registry.example.org/bert"},
    "model": {"name": "bert-base-chinese"},
}

MISSING = object()
INCOMPLETE = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)


def changed(spec: Mapping[str, Any], change: Mapping[str, Any]) -> Spec:
    """`spec` with `change` merged into it; MISSING takes a field away."""
    result = dict(spec)
    for name, value in change.items():
        if value is MISSING:
            del result[name]
        elif isinstance(value, Mapping) and isinstance(result.get(name), Mapping):
            result[name] = changed(result[name], value)
        else:
            result[name] = value
    return result


@dataclass(frozen=True, slots=True)
class Accepted:
    what: str
    change: Mapping[str, Any]

    @property
    def spec(self) -> Spec:
        return changed(MINIMAL, self.change)


@dataclass(frozen=True, slots=True)
class Refused(Accepted):
    """`says`: the complaints of the API server; `across_fields`: those that the models leave to it."""

    says: tuple[str, ...]
    across_fields: bool = False


ACCEPTED = (
    Accepted("nothing but what is required", {}),
    Accepted("a version with its Git revision", {"version": "v12.0.345-3f2a9c1"}),
    Accepted("a registry with a port", {"image": {"repository": "localhost:5000/team/bert-server"}}),
    Accepted("a tag of one's own", {"image": {"tag": "main-3f2a9c1"}}),
    Accepted("a digest", {"image": {"digest": "sha256:" + "0" * 64}}),
    Accepted(
        "an autoscaler by load and by queue",
        {
            "replicas": 3,
            "autoscaling": {
                "maxReplicas": 12,
                "cpuUtilizationPercent": 70,
                "podMetric": {"name": "bert_queue_jobs", "averageValue": 16},
                "behavior": {
                    "scaleUp": {"policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
                    "scaleDown": {"stabilizationWindowSeconds": 0, "selectPolicy": "Min"},
                },
            },
        },
    ),
    Accepted(
        "KEDA by a query",
        {
            "autoscaling": {
                "kind": "keda",
                "maxReplicas": 12,
                "prometheus": {
                    "url": "http://prometheus.monitoring:9090",
                    "query": "sum(bert_queue_jobs)",
                    "threshold": 0.5,
                },
            }
        },
    ),
    Accepted("an autoscaler that has only one number", {"autoscaling": {"maxReplicas": 2, "cpuUtilizationPercent": 1}}),
    Accepted(
        "a release turned off, with an autoscaler",
        {"replicas": 0, "autoscaling": {"maxReplicas": 2, "cpuUtilizationPercent": 60}},
    ),
    Accepted("no spread at all", {"podTemplate": {"topologySpreadConstraints": []}}),
    Accepted(
        "receivers of both kinds",
        {
            "notifications": [
                {
                    "name": "ops",
                    "kind": "apprise",
                    "urlSecretRef": {"name": "chat"},
                    "events": ["RolledBack", "NeedsApproval"],
                },
                {"name": "audit", "kind": "webhook", "url": "https://audit.example.org/events"},
                {"name": "pager", "kind": "webhook", "urlSecretRef": {"name": "chat", "key": "pager"}},
            ]
        },
    ),
    Accepted("a Chinese model name", {"model": {"name": "中文完形填空"}}),
    Accepted("a bundle on a volume", {"model": {"source": {"kind": "volume", "claimName": "bundles"}}}),
    Accepted("quantities as numbers", {"resources": {"requests": {"cpu": 1}, "limits": {"cpu": 2}}}),
    Accepted(
        "a request of 500m below a limit of 1", {"resources": {"requests": {"cpu": "500m"}, "limits": {"cpu": 1}}}
    ),
    Accepted("no replicas", {"replicas": 0}),
    Accepted("one step", {"strategy": {"canary": {"steps": [{"weight": 1}]}}}),
    Accepted("a preview", {"strategy": {"kind": "blueGreen"}}),
    Accepted(
        "a short deadline where no hold is longer",
        {"strategy": {"kind": "blueGreen", "blueGreen": {"holdSeconds": 5, "then": "ask"}, "stepDeadlineSeconds": 10}},
    ),
    Accepted("copies before the default steps", {"strategy": {"kind": "mirror"}}),
    Accepted(
        "copies before steps of one's own",
        {"strategy": {"kind": "mirror", "mirror": {"percent": 10}, "canary": {"steps": [{"weight": 5}]}}},
    ),
    Accepted("copies instead of steps", {"strategy": {"kind": "mirror", "mirror": {"then": "promote"}}}),
    Accepted(
        "a canary with everything",
        {
            "strategy": {
                "canary": {
                    "steps": [{"weight": 1, "limits": {"minimumSample": 20, "errorRate": {"max": 0.1}}}],
                    "sticky": {},
                },
                "maxDurationSeconds": 61,
            }
        },
    ),
    Accepted("an A/B test", {"strategy": {"kind": "abTest"}}),
    Accepted(
        "an A/B test of chosen requests",
        {
            "strategy": {
                "kind": "abTest",
                "abTest": {
                    "weight": 0,
                    "match": [{"headers": {"x-tester": "yes"}}, {"cookie": {"name": "group", "value": "b"}}],
                },
            }
        },
    ),
    Accepted(
        "weights of one's own",
        {"traffic": [{"version": "v0.9.0", "weight": 70}, {"version": "v1.0.0", "weight": 30}]},
    ),
    Accepted("no observation", {"strategy": {"observationSeconds": 0}}),
    Accepted("checks that are off", {"health": {"p95LatencyMs": {"enabled": False}, "memory": {"enabled": False}}}),
    Accepted("a comparison that is off", {"health": {"errorRate": {"maxExtraPercent": 100}}}),
    Accepted(
        "answers compared while requests are copied",
        {"health": {"predictionDrift": {}}, "strategy": {"kind": "mirror"}},
    ),
    Accepted("scores compared in a canary", {"health": {"predictionDrift": {"maxConfidenceShift": 10}}}),
    Accepted("a comparison of answers that is off", {"health": {"predictionDrift": {"enabled": False}}}),
    Accepted("null for a default", {"health": {"memory": None}, "image": {"tag": None}}),
    Accepted("a CPU check with a CPU limit", {"health": {"cpu": {"max": 90}}, "resources": {"limits": {"cpu": 2}}}),
    Accepted(
        "Istio's metrics from Prometheus",
        {"health": {"source": {"kind": "prometheus", "url": "http://prometheus:9090", "metrics": "istio"}}},
    ),
    Accepted(
        "a custom check",
        {
            "health": {
                "source": {"kind": "prometheus", "url": "http://prometheus:9090"},
                "custom": [{"name": "queue-wait", "query": "up", "min": 1}],
            }
        },
    ),
    Accepted("a wildcard host", {"network": {"hosts": ["*.example.org"], "gateways": ["istio-system/public"]}}),
    Accepted(
        "a pod's placement, passed through",
        {
            "podTemplate": {
                "tolerations": [{"key": "gpu", "operator": "Exists"}],
                "affinity": {"nodeAffinity": {"anything": [1, {"goes": True}]}},
                "labels": {"example.org/team": "nlp"},
            }
        },
    ),
)

_VERSION = (
    "a version is vMAJOR.MINOR.PATCH, optionally followed by the Git revision: v1.2.0 or v1.2.0-3f2a9c1; "
    "floating words such as latest name no version"
)
_TAG = (
    "this is a floating word or no tag at all; write a tag that never moves, such as v1.2.0, "
    "or leave it out to use spec.version"
)
_REPOSITORY = "write the repository alone, such as registry.example.org/bert; tag and digest have fields of their own"
_QUANTITY = "a quantity is a number with or without a unit, such as 500m, 2 or 1.5Gi"

REFUSED = (
    # Versions and images
    Refused("latest as version", {"version": "latest"}, (f'spec.version: Invalid value: "latest": {_VERSION}',)),
    Refused("a version without v", {"version": "1.2.0"}, (f'spec.version: Invalid value: "1.2.0": {_VERSION}',)),
    Refused("half a version", {"version": "v1.2"}, (f'spec.version: Invalid value: "v1.2": {_VERSION}',)),
    Refused(
        "no version",
        {"version": MISSING},
        (
            "spec.version: Required value: set the version that should serve, or promotion.from to follow another "
            "release",
        ),
        across_fields=True,
    ),
    Refused("no image", {"image": MISSING}, ("spec.image: Required value", INCOMPLETE)),
    Refused(
        "no model",
        {"model": MISSING},
        (
            "spec.model: Required value: set the model that is served, or promotion.from to take it from another "
            "release",
        ),
        across_fields=True,
    ),
    Refused("latest as tag", {"image": {"tag": "latest"}}, (f'spec.image.tag: Invalid value: "latest": {_TAG}',)),
    Refused("main as tag", {"image": {"tag": "main"}}, (f'spec.image.tag: Invalid value: "main": {_TAG}',)),
    Refused(
        "latest in a tag",
        {"image": {"tag": "py3-latest"}},
        (
            "spec.image.tag: Invalid value: latest moves; write a tag that never does, such as v1.2.0, "
            "or leave it out to use spec.version",
        ),
        across_fields=True,
    ),
    Refused(
        "a tag in the repository",
        {"image": {"repository": "example.org/bert:v1"}},
        (f'spec.image.repository: Invalid value: "example.org/bert:v1": {_REPOSITORY}',),
    ),
    Refused(
        "a digest in the repository",
        {"image": {"repository": "bert@sha256:abc"}},
        (f'spec.image.repository: Invalid value: "bert@sha256:abc": {_REPOSITORY}',),
    ),
    Refused(
        "half a digest",
        {"image": {"digest": "sha256:abc"}},
        ('spec.image.digest: Invalid value: "sha256:abc": a digest is sha256: and 64 hexadecimal digits',),
    ),
    Refused(
        "a pull policy of one's own",
        {"image": {"pullPolicy": "Sometimes"}},
        (
            'spec.image.pullPolicy: Unsupported value: "Sometimes": '
            'supported values: "Always", "IfNotPresent", "Never"',
            INCOMPLETE,
        ),
    ),
    # Model, config and resources
    Refused(
        "a volume without a claim",
        {"model": {"source": {"kind": "volume"}}},
        (
            "spec.model.source.claimName: Required value: kind volume needs claimName, the PersistentVolumeClaim "
            "with the bundle",
        ),
        across_fields=True,
    ),
    Refused(
        "a claim without a volume",
        {"model": {"source": {"claimName": "bundles"}}},
        (
            "spec.model.source.claimName: Forbidden: claimName is for kind volume: set kind to volume, "
            "or leave claimName out",
        ),
        across_fields=True,
    ),
    Refused(
        "a relative path",
        {"model": {"source": {"path": "bundle"}}},
        ('spec.model.source.path: Invalid value: "bundle": write an absolute path, such as /bundle',),
    ),
    Refused(
        "draining for longer than a pod may live",
        {"config": {"drainSeconds": 45}},
        (
            "spec.config.drainSeconds: Invalid value: must be less than podTemplate.terminationGracePeriodSeconds, "
            "or pods are killed while they drain",
        ),
        across_fields=True,
    ),
    Refused(
        "an unknown log level",
        {"config": {"logLevel": "verbose"}},
        (
            'spec.config.logLevel: Unsupported value: "verbose": supported values: "debug", "info", "warning", "error"',
            INCOMPLETE,
        ),
    ),
    Refused(
        "a unit that does not exist",
        {"resources": {"limits": {"memory": "2GB"}}},
        (f'spec.resources.limits[memory]: Invalid value: "2GB": {_QUANTITY}',),
    ),
    Refused(
        "a request above its limit",
        {"resources": {"requests": {"cpu": 2}, "limits": {"cpu": "1500m"}}},
        (
            "spec.resources.requests: Invalid value: a request must not exceed its limit: raise limits, "
            "or lower requests",
        ),
        across_fields=True,
    ),
    Refused(
        "a probe that overlaps with the next",
        {"probes": {"liveness": {"periodSeconds": 1, "timeoutSeconds": 2, "failureThreshold": 3}}},
        ("spec.probes.liveness.timeoutSeconds: Invalid value: must not exceed periodSeconds, or probes overlap",),
        across_fields=True,
    ),
    Refused(
        "labels that are the operator's",
        {"podTemplate": {"labels": {"bertrelease.io/version": "v9.9.9"}}},
        (
            "spec.podTemplate.labels: Forbidden: keys below bertrelease.io/ and app.kubernetes.io/ are set by the "
            "operator: use a prefix of your own",
        ),
        across_fields=True,
    ),
    Refused(
        "a label key with a space",
        {"podTemplate": {"labels": {"my team": "nlp"}}},
        (
            "spec.podTemplate.labels: Invalid value: a key is a name, optionally with a DNS prefix, such as "
            "example.org/team",
        ),
        across_fields=True,
    ),
)
