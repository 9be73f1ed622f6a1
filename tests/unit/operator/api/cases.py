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

_NO_COPIES = (
    "spec.health.predictionDrift: Forbidden: answers can be compared where requests are copied: set strategy.kind to "
    "mirror; with canary or abTest set maxConfidenceShift, which needs no copies; or leave this check out",
)

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
    # Strategy
    Refused(
        "a strategy that does not exist",
        {"strategy": {"kind": "bigBang"}},
        (
            'spec.strategy.kind: Unsupported value: "bigBang": '
            'supported values: "canary", "blueGreen", "mirror", "abTest"',
            INCOMPLETE,
        ),
    ),
    Refused(
        "steps that stand still",
        {"strategy": {"canary": {"steps": [{"weight": 10}, {"weight": 10}]}}},
        ("spec.strategy.canary.steps: Invalid value: weights must grow from step to step, such as 10, 25, 50",),
        across_fields=True,
    ),
    Refused(
        "steps that go back",
        {"strategy": {"canary": {"steps": [{"weight": 50}, {"weight": 10}]}}},
        ("spec.strategy.canary.steps: Invalid value: weights must grow from step to step, such as 10, 25, 50",),
        across_fields=True,
    ),
    Refused(
        "a step of 100 %",
        {"strategy": {"canary": {"steps": [{"weight": 100}]}}},
        (
            "spec.strategy.canary.steps[0].weight: Invalid value: 100: "
            "spec.strategy.canary.steps[0].weight in body should be less than or equal to 99",
        ),
    ),
    Refused(
        "a hold as long as the deadline",
        {"strategy": {"canary": {"steps": [{"weight": 10, "holdSeconds": 1800}]}}},
        (
            "spec.strategy.stepDeadlineSeconds: Invalid value: every step's holdSeconds must be less than "
            "stepDeadlineSeconds, or the step can never pass",
        ),
        across_fields=True,
    ),
    Refused(
        "a preview as long as the deadline",
        {"strategy": {"kind": "blueGreen", "blueGreen": {"holdSeconds": 1800}}},
        (
            "spec.strategy.stepDeadlineSeconds: Invalid value: blueGreen.holdSeconds must be less than "
            "stepDeadlineSeconds, or the preview can never pass",
        ),
        across_fields=True,
    ),
    Refused(
        "steps after copies that no step follows",
        {"strategy": {"kind": "mirror", "mirror": {"then": "ask"}, "canary": {}}},
        (
            "spec.strategy.canary: Forbidden: canary is for kind canary, or for kind mirror with then: canary: "
            "set that, or leave canary out",
        ),
        across_fields=True,
    ),
    Refused(
        "copies as long as the deadline",
        {"strategy": {"kind": "mirror", "mirror": {"holdSeconds": 1800}}},
        (
            "spec.strategy.stepDeadlineSeconds: Invalid value: mirror.holdSeconds must be less than "
            "stepDeadlineSeconds, or the copies can never pass",
        ),
        across_fields=True,
    ),
    Refused(
        "steps that take longer than the whole may",
        {"strategy": {"maxDurationSeconds": 180}},
        (
            "spec.strategy.maxDurationSeconds: Invalid value: must be more than all steps' holdSeconds together, "
            "or no version can ever pass",
        ),
        across_fields=True,
    ),
    Refused(
        "an A/B test that nobody sees",
        {"strategy": {"kind": "abTest", "abTest": {"weight": 0}}},
        (
            "spec.strategy.abTest.weight: Invalid value: with weight 0 nobody sees the candidate: set a weight, "
            "or match requests",
        ),
        across_fields=True,
    ),
    Refused(
        "a match of everything",
        {"strategy": {"kind": "abTest", "abTest": {"match": [{}]}}},
        (
            "spec.strategy.abTest.match[0]: Required value: a match without headers and cookie would be everything: "
            "write one, or set weight instead",
        ),
        across_fields=True,
    ),
    Refused(
        "a header that is a cookie",
        {"strategy": {"kind": "abTest", "abTest": {"match": [{"headers": {"cookie": "a=b"}}]}}},
        (
            "spec.strategy.abTest.match[0].headers: Invalid value: write headers' names in lower case, such as "
            "x-tester; cookies have a field of their own",
        ),
        across_fields=True,
    ),
    Refused(
        "a test as long as the deadline",
        {"strategy": {"kind": "abTest", "abTest": {"minDurationSeconds": 1800}}},
        (
            "spec.strategy.stepDeadlineSeconds: Invalid value: abTest.minDurationSeconds must be less than "
            "stepDeadlineSeconds, or the test can never pass",
        ),
        across_fields=True,
    ),
    Refused(
        "steps for a strategy without steps",
        {"strategy": {"kind": "blueGreen", "canary": {}}},
        (
            "spec.strategy.canary: Forbidden: canary is for kind canary, or for kind mirror with then: canary: "
            "set that, or leave canary out",
        ),
        across_fields=True,
    ),
    Refused(
        "a section of another kind",
        {"strategy": {"blueGreen": {}}},
        (
            "spec.strategy.blueGreen: Forbidden: blueGreen is for kind blueGreen: set kind to that, "
            "or leave blueGreen out",
        ),
        across_fields=True,
    ),
    Refused(
        "weights that are not the whole",
        {"traffic": [{"version": "v0.9.0", "weight": 70}, {"version": "v1.0.0", "weight": 20}]},
        ("spec.traffic: Invalid value: weights must be 100 together, such as 60 and 40",),
        across_fields=True,
    ),
    # Health
    Refused(
        "Prometheus without a URL",
        {"health": {"source": {"kind": "prometheus"}}},
        (
            "spec.health.source.url: Required value: kind prometheus needs url, such as http://prometheus.monitoring:9090",
        ),
        across_fields=True,
    ),
    Refused(
        "a URL for the pods",
        {"health": {"source": {"url": "http://prometheus:9090"}}},
        ("spec.health.source.url: Forbidden: url is for kind prometheus: set kind to prometheus, or leave url out",),
        across_fields=True,
    ),
    Refused(
        "Istio's metrics from the pods",
        {"health": {"source": {"metrics": "istio"}}},
        (
            "spec.health.source.metrics: Forbidden: only prometheus knows Istio's metrics: set kind to prometheus, "
            "or leave metrics out",
        ),
        across_fields=True,
    ),
    Refused(
        "a host for a URL",
        {"health": {"source": {"kind": "prometheus", "url": "prometheus:9090"}}},
        (
            'spec.health.source.url: Invalid value: "prometheus:9090": write a URL such as '
            "http://prometheus.monitoring:9090",
        ),
    ),
    Refused(
        "answers to be compared in a canary, where no two versions answer the same request",
        {"health": {"predictionDrift": {"minAgreement": 95}}},
        _NO_COPIES,
        across_fields=True,
    ),
    Refused(
        "scores to be compared in a preview, where the candidate answers nothing",
        {"health": {"predictionDrift": {"maxConfidenceShift": 5}}, "strategy": {"kind": "blueGreen"}},
        _NO_COPIES,
        across_fields=True,
    ),
    Refused(
        "a custom check of the pods",
        {"health": {"custom": [{"name": "a", "query": "up", "max": 1}]}},
        (
            "spec.health.custom: Forbidden: custom checks are PromQL: set source.kind to prometheus and source.url, "
            "or leave them out",
        ),
        across_fields=True,
    ),
    Refused(
        "a custom check without a limit",
        {
            "health": {
                "source": {"kind": "prometheus", "url": "http://prometheus:9090"},
                "custom": [{"name": "a", "query": "up"}],
            }
        },
        ("spec.health.custom[0]: Required value: a check needs a limit: set max, min or both",),
        across_fields=True,
    ),
    Refused(
        "a CPU check without a CPU limit",
        {"health": {"cpu": {"max": 90}}},
        (
            "spec.health.cpu: Forbidden: this is a percentage of resources.limits.cpu: set that limit, "
            "or leave this check out",
        ),
        across_fields=True,
    ),
    Refused(
        "a window shorter than an interval",
        {"health": {"windowSeconds": 30, "source": {"intervalSeconds": 60}}},
        (
            "spec.health.windowSeconds: Invalid value: must not be less than source.intervalSeconds, "
            "or a window holds no look",
        ),
        across_fields=True,
    ),
    Refused(
        "a negative error rate",
        {"health": {"errorRate": {"max": -1}}},
        (
            "spec.health.errorRate.max: Invalid value: -1: "
            "spec.health.errorRate.max in body should be greater than or equal to 0",
        ),
    ),
    # Settings
    Refused(
        "a setting that the operator makes itself",
        {"config": {"extra": {"port": "80"}}},
        (
            "spec.config.extra: Forbidden: the operator sets threads, queue_size, max_body_bytes, drain_seconds, "
            "log_level and api_keys_file from fields of their own, and bundle, ports, version, release and fingerprint "
            "by itself: leave them out of extra",
        ),
        across_fields=True,
    ),
    # Autoscaling
    Refused(
        "an autoscaler without a figure",
        {"autoscaling": {"maxReplicas": 4}},
        (
            "spec.autoscaling: Required value: an autoscaler needs a figure to go by: set cpuUtilizationPercent, "
            "podMetric for kind hpa, or prometheus for kind keda",
        ),
        across_fields=True,
    ),
    Refused(
        "a most that is less than the least",
        {"replicas": 3, "autoscaling": {"maxReplicas": 2, "cpuUtilizationPercent": 60}},
        ("spec.autoscaling.maxReplicas: Invalid value: must not be less than spec.replicas, which is the least",),
        across_fields=True,
    ),
    Refused(
        "a figure of the custom metrics API for KEDA",
        {
            "autoscaling": {
                "kind": "keda",
                "maxReplicas": 4,
                "podMetric": {"name": "bert_queue_jobs", "averageValue": "16"},
            }
        },
        (
            "spec.autoscaling.podMetric: Forbidden: podMetric is for kind hpa: KEDA asks Prometheus itself, so write "
            "prometheus",
        ),
        across_fields=True,
    ),
    Refused(
        "a query without KEDA",
        {"autoscaling": {"maxReplicas": 4, "prometheus": {"url": "http://prom:9090", "query": "up", "threshold": 1}}},
        ("spec.autoscaling.prometheus: Forbidden: prometheus is for kind keda: set kind to keda, or write podMetric",),
        across_fields=True,
    ),
    Refused(
        "a percentage of no request",
        {
            "resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}},
            "autoscaling": {"maxReplicas": 4, "cpuUtilizationPercent": 60},
        },
        (
            "spec.autoscaling.cpuUtilizationPercent: Forbidden: this is a percentage of resources.requests.cpu: set "
            "that request, or leave this out",
        ),
        across_fields=True,
    ),
    Refused(
        "a metric that is PromQL",
        {"autoscaling": {"maxReplicas": 4, "podMetric": {"name": "rate(x[1m])", "averageValue": "8"}}},
        (
            'spec.autoscaling.podMetric.name: Invalid value: "rate(x[1m])": a metric\'s name has only letters, digits, '
            "underscores and colons, such as bert_queue_jobs",
        ),
    ),
    Refused(
        "a spread over no label",
        {"podTemplate": {"topologySpreadConstraints": [{"topologyKey": "a rack"}]}},
        (
            'spec.podTemplate.topologySpreadConstraints[0].topologyKey: Invalid value: "a rack": a key is a name, '
            "optionally with a DNS prefix, such as example.org/team",
        ),
    ),
    # Notifications
    Refused(
        "a receiver without an address",
        {"notifications": [{"name": "ops", "kind": "webhook"}]},
        (
            "spec.notifications[0].urlSecretRef: Required value: a receiver needs an address: write urlSecretRef, or "
            "url if nothing in it is secret",
        ),
        across_fields=True,
    ),
    Refused(
        "a receiver with two addresses",
        {
            "notifications": [
                {"name": "ops", "kind": "webhook", "url": "http://a.example", "urlSecretRef": {"name": "chat"}}
            ]
        },
        ("spec.notifications[0].url: Forbidden: the address comes from one place: leave out url, or urlSecretRef",),
        across_fields=True,
    ),
    Refused(
        "a token in the spec",
        {
            "notifications": [
                {"name": "ops", "kind": "apprise", "url": "https://oapi.dingtalk.com/robot/send?access_token=1"}
            ]
        },
        (
            "spec.notifications[0].url: Forbidden: apprise's URLs hold credentials: put it into a Secret, and write "
            "urlSecretRef",
        ),
        across_fields=True,
    ),
    Refused(
        "a receiver of nothing",
        {"notifications": [{"name": "ops", "kind": "webhook", "url": "http://a.example", "events": []}]},
        (
            "spec.notifications[0].events: Invalid value: 0: spec.notifications[0].events in body should have at least "
            "1 items",
        ),
    ),
    # Network and history
    Refused(
        "a URL for a host",
        {"network": {"hosts": ["https://bert.example.org"]}},
        (
            'spec.network.hosts[0]: Invalid value: "https://bert.example.org": a host is a DNS name without scheme, '
            "port or path, such as bert.example.org",
        ),
    ),
    Refused(
        "a gateway without its namespace",
        {"network": {"gateways": ["public"]}},
        (
            'spec.network.gateways[0]: Invalid value: "public": a gateway is namespace/name, such as '
            "istio-system/public",
        ),
    ),
    Refused(
        "a history that is too short to go back in",
        {"history": {"keep": 2}},
        ("spec.history.keep: Invalid value: 2: spec.history.keep in body should be greater than or equal to 3",),
    ),
    Refused(
        "more warm versions than are kept",
        {"history": {"warm": 4}},
        ("spec.history.warm: Invalid value: must not exceed keep: only what is kept can be warm",),
        across_fields=True,
    ),
)
