"""How a new version takes over."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import ApiModel


class StrategyKind(StrEnum):
    CANARY = "canary"


class CanaryStep(ApiModel):
    """A share of the traffic, held while evidence gathers."""

    weight: Annotated[int, Field(ge=1, le=99)] = Field(description="Percent of requests to the candidate.")
    hold_seconds: Annotated[int, Field(ge=1, le=7 * 86_400)] = Field(
        default=60, description="Shortest time at this weight; the candidate moves on when it also passes."
    )


def _default_steps() -> list[CanaryStep]:
    return [CanaryStep(weight=weight) for weight in (10, 25, 50)]


class Canary(ApiModel):
    """Steps of growing weight; after the last one passes, the candidate gets everything."""

    steps: Annotated[list[CanaryStep], Field(min_length=1, max_length=20)] = Field(
        default_factory=_default_steps, description="In order; weights must grow."
    )


class Strategy(ApiModel):
    """An explicit kind, and the deadlines that hold for every kind."""

    kind: StrategyKind = Field(default=StrategyKind.CANARY, description="How traffic moves to a new version.")
    canary: Canary = Field(default_factory=Canary, description="The steps of kind canary.")
    ready_deadline_seconds: Annotated[int, Field(ge=5, le=86_400)] = Field(
        default=600, description="A candidate that is not ready this long after it was created is rejected."
    )
    step_deadline_seconds: Annotated[int, Field(ge=10, le=7 * 86_400)] = Field(
        default=1800,
        description=(
            "A step without a pass by then (too little traffic, or undecided) sends the traffic back and leaves "
            "the version unproven. Time in which the source of the figures is down does not count."
        ),
    )
    source_down_limit_seconds: Annotated[int, Field(ge=10, le=86_400)] = Field(
        default=900,
        description="After the source was down this long in one step, the release waits for a person.",
    )
    observation_seconds: Annotated[int, Field(ge=0, le=7 * 86_400)] = Field(
        default=1800,
        description="How long a promoted version is still watched, with the one before it warm, and rolled back.",
    )
