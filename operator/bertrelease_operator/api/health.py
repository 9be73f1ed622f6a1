"""What counts as healthy, and where the figures come from."""

from enum import StrEnum
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, Field

from bertrelease_operator.api.base import LIST_SET, ApiModel
from bertrelease_operator.api.values import CheckName, HttpUrl
from bertrelease_operator.api.workload import Task


class SourceKind(StrEnum):
    PODS = "pods"
    PROMETHEUS = "prometheus"


class PrometheusMetrics(StrEnum):
    """Whose request metrics Prometheus is asked for."""

    SERVER = "server"
    ISTIO = "istio"


class HealthSource(ApiModel):
    """`pods` scrapes the pods directly and needs nothing installed; `prometheus` asks one."""

    kind: SourceKind = Field(default=SourceKind.PODS, description="Who is asked for the figures.")
    interval_seconds: Annotated[int, Field(ge=1, le=60)] = Field(default=1, description="Time between two looks.")
    url: HttpUrl | None = Field(default=None, description="Base URL of Prometheus; for kind prometheus.")
    metrics: PrometheusMetrics = Field(
        default=PrometheusMetrics.SERVER,
        description="The server's own request metrics, or Istio's; for prometheus.",
    )


class Limit(ApiModel):
    """A check that can be turned off. Null could not say that: `kubectl apply` takes it for "the default"."""

    enabled: bool = Field(default=True, description="False turns the check off.")


AnyLimit = TypeVar("AnyLimit", bound=Limit)


def _none_if_off(limit: AnyLimit | None) -> AnyLimit | None:
    return limit if limit is not None and limit.enabled else None


def _none_if_unlimited(extra_percent: float | None) -> float | None:
    return extra_percent if extra_percent is not None and extra_percent < _UNLIMITED_PERCENT else None


# No share exceeds another one by more than 100 percentage points.
_UNLIMITED_PERCENT: Final = 100
_OFF = AfterValidator(_none_if_off)
ExtraPercent = Annotated[float | None, Field(ge=0, le=_UNLIMITED_PERCENT), AfterValidator(_none_if_unlimited)]


class LatencyLimit(Limit):
    """95 % of requests must be answered within `max`, and not clearly more slowly than by the stable version."""

    max: Annotated[float, Field(gt=0, le=60_000)] = Field(default=100, description="Milliseconds.")
    max_extra_slow_percent: ExtraPercent = Field(
        default=5,
        description=(
            "By how many percentage points the candidate's share of requests slower than the stable version's "
            "own P95 may exceed the stable version's share. 100 turns the comparison off."
        ),
    )


class ErrorRateLimit(Limit):
    """At most `max` percent of requests may fail (5xx), and not clearly more than with the stable version."""

    max: Annotated[float, Field(ge=0, lt=100)] = Field(default=0.5, description="Percent of requests.")
    max_extra_percent: ExtraPercent = Field(
        default=0.2,
        description="Percentage points above the stable version's own rate. 100 turns the comparison off.",
    )


class UsageLimit(Limit):
    """Mean use over the window, of the container's limit, by the busiest pod."""

    max: Annotated[float, Field(gt=0, le=100)] = Field(default=95, description="Percent of the container's limit.")


class RestartLimit(Limit):
    """Container restarts of the version's pods while it is watched."""

    max: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=2, description="Restarts that are tolerated; one more fails the check."
    )


class PredictionDrift(Limit):
    """The candidate must answer like the stable version, by digests of answers that the servers keep."""

    min_agreement: Annotated[float, Field(ge=1, le=99.9)] = Field(
        default=90,
        description=(
            "Percent of the requests which both versions got, as they do while requests are copied (kind mirror), "
            "that the candidate must answer alike."
        ),
    )
    max_confidence_shift: Annotated[float | None, Field(gt=0, lt=100)] = Field(
        default=None,
        description=(
            "Percentage points by which the shares of answers with a score up to 0.1, 0.5 and 0.9 may differ from the "
            "stable version's. Needs no copies. Off by default, because a better model is surer of itself."
        ),
    )
    minimum_sample: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=100, description="Answers to be compared without which the check cannot pass."
    )
    tasks: Annotated[list[Task], Field(min_length=1, max_length=4)] = Field(
        default_factory=lambda: [Task.FILL_MASK, Task.SEMANTIC_SIMILARITY],
        description=(
            "Whose answers are judged, each task by itself. A better model words translations differently and has "
            "other vectors, so that these two are left out unless you name them."
        ),
        json_schema_extra=LIST_SET,
    )


class CustomCheck(ApiModel):
    """A PromQL query of the user's own. `$namespace`, `$release`, `$version`, `$stable` are filled in."""

    name: CheckName = Field(description="Names the check in the status.")
    query: Annotated[str, Field(min_length=1, max_length=2048)] = Field(
        description="PromQL that gives one number for the version under test."
    )
    max: float | None = Field(default=None, description="A larger result fails the check.")
    min: float | None = Field(default=None, description="A smaller result fails the check.")


class Health(ApiModel):
    """Limits for the candidate, and for a promoted version while it is under observation."""

    source: HealthSource = Field(default_factory=HealthSource)
    window_seconds: Annotated[int, Field(ge=5, le=3600)] = Field(
        default=60, description="Length of the windows that long holds and observations are also judged by."
    )
    minimum_sample: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=100, description="Requests to the version under test without which nothing can pass."
    )
    p95_latency_ms: Annotated[LatencyLimit | None, _OFF] = Field(
        default_factory=LatencyLimit,
        description="95 % of requests must be answered within this time.",
    )
    error_rate: Annotated[ErrorRateLimit | None, _OFF] = Field(
        default_factory=ErrorRateLimit,
        description="Largest share of requests that may fail (5xx).",
    )
    cpu: Annotated[UsageLimit | None, _OFF] = Field(
        default=None, description="Use of the container's CPU limit, by the busiest pod; off by default."
    )
    memory: Annotated[UsageLimit | None, _OFF] = Field(
        default_factory=UsageLimit,
        description="Use of the container's memory limit, by the busiest pod.",
    )
    restarts: Annotated[RestartLimit | None, _OFF] = Field(
        default_factory=RestartLimit,
        description="Container restarts that are tolerated.",
    )
    model_load_success: bool = Field(default=True, description="Any pod that fails to load its model fails the check.")
    prediction_drift: Annotated[PredictionDrift | None, _OFF] = Field(
        default=None,
        description="How alike the versions must answer; off by default, {} takes the defaults. Read from the pods.",
    )
    custom: Annotated[list[CustomCheck], Field(max_length=16)] = Field(
        default_factory=list,
        description="PromQL checks of your own; need source.kind prometheus.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )
