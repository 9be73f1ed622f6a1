"""What a version's rollout was judged by, look by look, so that other limits can be tried on it later."""

from typing import Annotated, Final

from pydantic import Field

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.values import Timestamp

MOST_CHUNKS: Final = 32
MOST_EDGES: Final = 128
LONGEST_POLICY: Final = 6 * 1024  # characters
LONGEST_DATA: Final = 32 * 1024  # of all chunks together, in characters


class RecordedLooks(ApiModel):
    """The looks of one epoch, which a restart of the operator and another source of figures begin anew."""

    epoch: str = Field(max_length=128, description="What was being watched.")
    baseline: str | None = Field(default=None, description="The version that it was compared with.")
    since: Timestamp = Field(description="The first look; counts are from then on.")
    until: Timestamp = Field(description="The last look.")
    looks: int = Field(ge=0, description="How many there are.")
    merged: bool = Field(default=False, description="Some are sums of several, to save space.")
    edges_ms: Annotated[list[float], Field(max_length=MOST_EDGES)] = Field(
        default_factory=list, description="Upper edges of the latency histogram's buckets, in milliseconds."
    )
    baseline_edges_ms: Annotated[list[float] | None, Field(max_length=MOST_EDGES)] = Field(
        default=None, description="Those of the baseline's histogram, if they are others."
    )
    data: str = Field(
        max_length=LONGEST_DATA,
        description="What each look brought (requests, errors, latency, pods), as base64 of zlib.",
    )


class Recording(ApiModel):
    """The last rollout of the version that was judged."""

    attempt: int = Field(ge=1, description="Which attempt of the version it was.")
    started_at: Timestamp = Field(description="When the rollout began.")
    baseline: str | None = Field(default=None, description="The version that served when it began.")
    policy: str = Field(
        max_length=LONGEST_POLICY,
        description="spec.strategy and spec.health as JSON, without defaults; empty if that is too long.",
    )
    looks: Annotated[list[RecordedLooks], Field(max_length=MOST_CHUNKS)] = Field(
        default_factory=list, description="By epoch, in order."
    )
