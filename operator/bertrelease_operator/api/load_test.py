"""Section `loadTest` of a gate."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import ApiModel


class LoadTestWorkload(StrEnum):
    """What the requests ask for."""

    FILL_MASK = "fill-mask"
    FEATURE_EXTRACTION = "feature-extraction"


class TextLengths(ApiModel):
    """Tokens of the texts: drawn anew for each request, short ones the commoner."""

    shortest: Annotated[int, Field(ge=3, le=512)] = Field(default=8, description="Of the shortest text.")
    longest: Annotated[int, Field(ge=3, le=512)] = Field(default=64, description="Of the longest text.")


class LoadTest(ApiModel):
    """Load at a fixed rate on the candidate's own Service, whatever comes back, by a Job of the candidate's image."""

    rate_per_second: Annotated[float, Field(ge=0.1, le=10_000)] = Field(
        default=20, description="Requests a second, at random moments as independent users make them."
    )
    duration_seconds: Annotated[int, Field(ge=1, le=3600)] = Field(default=30, description="How long it is measured.")
    workload: LoadTestWorkload = Field(default=LoadTestWorkload.FILL_MASK, description="What the requests ask for.")
    lengths: TextLengths = Field(default_factory=TextLengths)
    p95_latency_ms: Annotated[float, Field(gt=0, le=60_000)] = Field(
        default=100,
        description="95 % of the answers must come within this time, counted from when the request was due.",
    )
    error_rate: Annotated[float, Field(ge=0, lt=100)] = Field(
        default=0.5, description="Percent of the requests that may fail, be refused (429 among them) or get no answer."
    )
