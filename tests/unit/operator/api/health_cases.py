"""What health checks refuse, with the words that a person gets to read."""

from tests.unit.operator.api.cases import Refused

_NO_COPIES = (
    "spec.health.predictionDrift: Forbidden: answers can be compared where requests are copied: set strategy.kind to "
    "mirror; with canary or abTest set maxConfidenceShift, which needs no copies; or leave this check out",
)

REFUSED_HEALTH = (
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
)
