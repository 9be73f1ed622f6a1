"""BertRelease.spec: what a platform engineer writes."""

from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.health import Health
from bertrelease_operator.api.strategy import Strategy
from bertrelease_operator.api.version import Version
from bertrelease_operator.api.workload import Snapshot


class Network(ApiModel):
    """How clients reach the service."""

    port: Annotated[int, Field(ge=1, le=65_535)] = Field(default=80, description="Port of the Services.")
    hosts: Annotated[list[Annotated[str, Field(min_length=1, max_length=253)]], Field(max_length=32)] = Field(
        default_factory=list,
        description="Further host names, beside the Service's own, under which the gateways serve it.",
    )
    gateways: Annotated[list[Annotated[str, Field(min_length=1, max_length=253)]], Field(max_length=32)] = Field(
        default_factory=list,
        description="Istio Gateways as namespace/name; sidecars are always included.",
    )


class History(ApiModel):
    """What is kept for going back."""

    keep: Annotated[int, Field(ge=3, le=50)] = Field(default=3, description="Proven versions that are remembered.")
    warm: Annotated[int, Field(ge=1, le=10)] = Field(
        default=1,
        description="Proven versions that keep running at full capacity, so that going back is only a route.",
    )


class BertReleaseSpec(Snapshot):
    """One model service and the version of it that should serve."""

    version: Version
    replicas: Annotated[int, Field(ge=0, le=1000)] = 2
    network: Network = Field(default_factory=Network)
    strategy: Strategy = Field(default_factory=Strategy)
    health: Health = Field(default_factory=Health)
    history: History = Field(default_factory=History)
    paused: bool = Field(
        default=False,
        description="Freeze where we are. Bad versions are still taken back, and so are proven edits.",
    )

    def snapshot(self) -> Snapshot:
        """The version-bound part alone."""
        return Snapshot(**{name: getattr(self, name) for name in Snapshot.model_fields})


VERSION_BOUND_FIELDS = tuple(Snapshot.model_fields)
