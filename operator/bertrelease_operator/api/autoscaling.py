"""Who decides about the number of pods, and by which figures."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.values import HttpUrl, MetricName, Quantity


class AutoscalerKind(StrEnum):
    HPA = "hpa"
    KEDA = "keda"


class ScalingPolicyType(StrEnum):
    PODS = "Pods"
    PERCENT = "Percent"


class PolicySelection(StrEnum):
    MAX = "Max"
    MIN = "Min"
    DISABLED = "Disabled"


class ScalingPolicy(ApiModel):
    """How much at once."""

    type: ScalingPolicyType = Field(description="Whether value counts pods or percent of them.")
    value: Annotated[int, Field(ge=1, le=1000)] = Field(description="Change at most, within periodSeconds.")
    period_seconds: Annotated[int, Field(ge=1, le=1800)] = Field(description="Time that value is for.")


class ScalingRules(ApiModel):
    """How fast in one direction; as in a HorizontalPodAutoscaler, whose defaults hold for what is left out."""

    stabilization_window_seconds: Annotated[int | None, Field(ge=0, le=3600)] = Field(
        default=None, description="The most cautious recommendation of this time counts."
    )
    select_policy: PolicySelection | None = Field(
        default=None, description="Which of the policies counts; Disabled: never in this direction."
    )
    policies: Annotated[list[ScalingPolicy], Field(max_length=8)] = Field(
        default_factory=list, description="Limits of a single change."
    )


class ScalingBehavior(ApiModel):
    """How fast the number of pods may change."""

    scale_up: ScalingRules | None = None
    scale_down: ScalingRules | None = None


class PodMetric(ApiModel):
    """A figure of the pods themselves, as an adapter of the custom metrics API serves it."""

    name: MetricName = Field(description="As the adapter calls it, such as bert_queue_jobs.")
    average_value: Quantity = Field(description="What a pod should have on average.")


class PrometheusTrigger(ApiModel):
    """A figure of a version, by PromQL."""

    url: HttpUrl = Field(description="Of the Prometheus that KEDA asks.")
    query: Annotated[str, Field(min_length=1, max_length=1024)] = Field(
        description="PromQL with one number as its result; $namespace, $release and $version are filled in."
    )
    threshold: Annotated[float, Field(gt=0)] = Field(description="What a pod should have on average.")


class Autoscaling(ApiModel):
    """One autoscaler per version, between bounds that the operator sets."""

    kind: AutoscalerKind = Field(
        default=AutoscalerKind.HPA,
        description="hpa: a HorizontalPodAutoscaler for each version. keda: a ScaledObject, which needs KEDA.",
    )
    max_replicas: Annotated[int, Field(ge=1, le=1000)] = Field(
        description="Pods of a version at most. spec.replicas is how many carry all of the traffic at least."
    )
    cpu_utilization_percent: Annotated[int | None, Field(ge=1, le=1000)] = Field(
        default=None, description="Percent of resources.requests.cpu that pods should use. Needs metrics-server."
    )
    pod_metric: PodMetric | None = Field(
        default=None, description="A server metric. Needs an adapter, such as prometheus-adapter. For kind hpa."
    )
    prometheus: PrometheusTrigger | None = Field(default=None, description="For kind keda.")
    behavior: ScalingBehavior | None = None
