"""The rules of spec.autoscaling: an autoscaler without a figure, or with one that it cannot have, does nothing."""

from collections.abc import Mapping
from typing import Final

from bertrelease_operator.api.crd.rule import FORBIDDEN, REQUIRED, Path, Rule

# Of ("spec",), together with the rules of others.
AUTOSCALED_SPEC: Final = [
    Rule(
        "!has(self.autoscaling) || self.autoscaling.maxReplicas >= self.replicas",
        "must not be less than spec.replicas, which is the least",
        field=".autoscaling.maxReplicas",
    ),
    Rule(
        "!has(self.autoscaling) || !has(self.autoscaling.cpuUtilizationPercent)"
        " || 'cpu' in self.resources.requests || 'cpu' in self.resources.limits",
        "this is a percentage of resources.requests.cpu: set that request, or leave this out",
        field=".autoscaling.cpuUtilizationPercent",
        reason=FORBIDDEN,
    ),
]

_AUTOSCALING = [
    Rule(
        "has(self.cpuUtilizationPercent) || has(self.podMetric) || has(self.prometheus)",
        "an autoscaler needs a figure to go by: set cpuUtilizationPercent, podMetric for kind hpa, or prometheus for "
        "kind keda",
        reason=REQUIRED,
    ),
    Rule(
        "self.kind == 'hpa' || !has(self.podMetric)",
        "podMetric is for kind hpa: KEDA asks Prometheus itself, so write prometheus",
        field=".podMetric",
        reason=FORBIDDEN,
    ),
    Rule(
        "self.kind == 'keda' || !has(self.prometheus)",
        "prometheus is for kind keda: set kind to keda, or write podMetric",
        field=".prometheus",
        reason=FORBIDDEN,
    ),
]

AUTOSCALING_RULES: Final[Mapping[Path, list[Rule]]] = {
    ("spec", "autoscaling"): _AUTOSCALING,
}
