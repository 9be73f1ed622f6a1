"""BertRelease.spec: what a platform engineer writes."""

from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.autoscaling import Autoscaling
from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.gates import Gate
from bertrelease_operator.api.health import Health
from bertrelease_operator.api.network import Network
from bertrelease_operator.api.notifications import Receiver
from bertrelease_operator.api.promotion import Promotion, Upstream
from bertrelease_operator.api.strategy import Strategy
from bertrelease_operator.api.version import Version
from bertrelease_operator.api.workload import Model, Snapshot, Workload


class Share(ApiModel):
    """One version's part of the traffic, as a person wants it."""

    version: Version
    weight: Annotated[int, Field(ge=1, le=100)] = Field(description="Percent of the requests.")


class History(ApiModel):
    """What is kept for going back."""

    keep: Annotated[int, Field(ge=3, le=50)] = Field(default=3, description="Proven versions that are remembered.")
    warm: Annotated[int, Field(ge=1, le=10)] = Field(
        default=1,
        description="Proven versions that keep running at full capacity, so that going back is only a route.",
    )


class BertReleaseSpec(Workload):
    """One model service and the version of it that should serve."""

    version: Version | None = Field(
        default=None,
        description=(
            "SemVer with a leading v, optionally with the Git revision: v1.2.0 or v1.2.0-3f2a9c1. Floating words such "
            "as latest are refused. Required, unless spec.promotion.from says where versions come from."
        ),
    )
    model: Model | None = Field(
        default=None, description="Which model it serves. Required, unless spec.promotion.from brings it."
    )
    promotion: Promotion | None = None
    replicas: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=2,
        description=(
            "Pods that carry all of the traffic, with autoscaling at least; a version with a share of it gets its "
            "share of them."
        ),
    )
    autoscaling: Autoscaling | None = Field(
        default=None, description="Lets the number of pods follow the load; without it spec.replicas is the number."
    )
    network: Network = Field(default_factory=Network)
    strategy: Strategy = Field(default_factory=Strategy)
    traffic: Annotated[list[Share], Field(max_length=10)] = Field(
        default_factory=list,
        description=(
            "Weights of your own, over versions that were deployed before or spec.version; together 100. As long as "
            "there are any, the strategy rests. What is not ready or fails its checks gets nothing, and the stable "
            "version gets its share."
        ),
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["version"]},
    )
    health: Health = Field(default_factory=Health)
    gates: Annotated[list[Gate], Field(max_length=16)] = Field(
        default_factory=list,
        description="What a new version must pass besides the health watch; one after another, in this order.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )
    history: History = Field(default_factory=History)
    notifications: Annotated[list[Receiver], Field(max_length=8)] = Field(
        default_factory=list,
        description="Who is told what happens.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    )
    paused: bool = Field(
        default=False,
        description="Freeze where we are. Bad versions are still taken back, and so are proven edits.",
    )

    @property
    def upstream(self) -> Upstream | None:
        """The release that this one follows."""
        return self.promotion.from_ if self.promotion is not None else None

    def snapshot(self) -> Snapshot:
        """The version-bound part alone. Raises ValueError without a model, which only a release that follows lacks."""
        return Snapshot(**{name: getattr(self, name) for name in Snapshot.model_fields})


VERSION_BOUND_FIELDS = tuple(Snapshot.model_fields)
