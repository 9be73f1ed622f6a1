"""What counts as healthy, and where the figures come from."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import ApiModel


class SourceKind(StrEnum):
    PODS = "pods"
    PROMETHEUS = "prometheus"


class PrometheusMetrics(StrEnum):
    """Whose request metrics Prometheus is asked for."""

    SERVER = "server"
    ISTIO = "istio"


class HealthSource(ApiModel):
    """`pods` scrapes the pods directly and needs nothing installed; `prometheus` asks one."""

    kind: SourceKind = SourceKind.PODS
    interval_seconds: Annotated[int, Field(ge=1, le=60)] = Field(default=1, description="Time between two looks.")
    url: Annotated[str | None, Field(pattern=r"^https?://", max_length=255)] = Field(
        default=None, description="Base URL of Prometheus; for kind prometheus."
    )
    metrics: PrometheusMetrics = Field(
        default=PrometheusMetrics.SERVER,
        description="The server's own request metrics, or Istio's; for prometheus.",
    )


class LatencyLimit(ApiModel):
    """95 % of requests must be answered within `max`, and not clearly more slowly than by the stable version."""

    max: Annotated[float, Field(gt=0, le=60_000)] = Field(default=100, description="Milliseconds.")
    max_extra_slow_percent: Annotated[float | None, Field(ge=0, le=95)] = Field(
        default=5,
        description=(
            "By how many percentage points the candidate's share of requests slower than the stable version's "
            "own P95 may exceed the stable version's share. Null turns the comparison off."
        ),
    )


class ErrorRateLimit(ApiModel):
    """At most `max` percent of requests may fail (5xx), and not clearly more than with the stable version."""

    max: Annotated[float, Field(ge=0, lt=100)] = Field(default=0.5, description="Percent of requests.")
    max_extra_percent: Annotated[float | None, Field(ge=0, lt=100)] = Field(
        default=0.5,
        description="Percentage points above the stable version's own rate. Null turns the comparison off.",
    )


class UsageLimit(ApiModel):
    """Mean use over the window, of the container's limit, by the busiest pod."""

    max: Annotated[float, Field(gt=0, le=100)] = Field(description="Percent of the container's limit.")


class RestartLimit(ApiModel):
    """Container restarts of the version's pods while it is watched."""

    max: Annotated[int, Field(ge=0, le=1000)] = 2


class CustomCheck(ApiModel):
    """A PromQL query of the user's own. `$namespace`, `$release`, `$version`, `$stable` are filled in."""

    name: Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=40)]
    query: Annotated[str, Field(min_length=1, max_length=2048)]
    max: float | None = None
    min: float | None = None


class Health(ApiModel):
    """Limits for the candidate, and for a promoted version while it is under observation."""

    source: HealthSource = Field(default_factory=HealthSource)
    window_seconds: Annotated[int, Field(ge=5, le=3600)] = Field(
        default=60, description="Length of the windows that long holds and observations are also judged by."
    )
    minimum_sample: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=100, description="Requests to the version under test without which nothing can pass."
    )
    p95_latency_ms: LatencyLimit | None = Field(default_factory=LatencyLimit)
    error_rate: ErrorRateLimit | None = Field(default_factory=ErrorRateLimit)
    cpu: UsageLimit | None = None
    memory: UsageLimit | None = Field(default=UsageLimit(max=95))
    restarts: RestartLimit | None = Field(default_factory=RestartLimit)
    model_load_success: bool = Field(default=True, description="Any pod that fails to load its model fails the check.")
    custom: Annotated[list[CustomCheck], Field(max_length=16)] = Field(default_factory=list)
