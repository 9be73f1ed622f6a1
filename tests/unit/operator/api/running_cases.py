"""What the parts around a rollout refuse: settings, autoscaling, notifications, network and history."""

from tests.unit.operator.api.cases import Refused

REFUSED_RUNNING = (
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
