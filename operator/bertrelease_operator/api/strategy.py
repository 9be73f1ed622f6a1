"""How a new version takes over."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.strategies import AbTest, BlueGreen, Canary, Mirror


class StrategyKind(StrEnum):
    CANARY = "canary"
    BLUE_GREEN = "blueGreen"
    MIRROR = "mirror"
    AB_TEST = "abTest"


class Strategy(ApiModel):
    """An explicit kind, and the deadlines that hold for every kind."""

    kind: StrategyKind = Field(default=StrategyKind.CANARY, description="How traffic moves to a new version.")
    canary: Canary | None = Field(
        default=None,
        description=(
            "The steps of kind canary, and of kind mirror that goes on with a canary; 10, 25 and 50 % for 60 s each "
            "unless said otherwise."
        ),
    )
    blue_green: BlueGreen | None = Field(default=None, description="The preview of kind blueGreen.")
    mirror: Mirror | None = Field(default=None, description="The copies of kind mirror.")
    ab_test: AbTest | None = Field(default=None, description="The two sides of kind abTest.")
    max_duration_seconds: Annotated[int | None, Field(ge=10, le=30 * 86_400)] = Field(
        default=None,
        description=(
            "A candidate that has not passed its last step this long after it was started is left unproven, and the "
            "traffic goes back. Pauses do not count, nor does time in which a step lacks the source of the figures."
        ),
    )
    ready_deadline_seconds: Annotated[int, Field(ge=5, le=86_400)] = Field(
        default=600,
        description=(
            "A candidate that is not ready this long after it was created is rejected; if it was ready meanwhile, this "
            "long after it ceased to be. Pauses and time at gates do not count."
        ),
    )
    step_deadline_seconds: Annotated[int, Field(ge=10, le=7 * 86_400)] = Field(
        default=1800,
        description=(
            "A step without a pass by then (too little traffic, or undecided), or without the ready pods of the next "
            "one, sends the traffic back and leaves the version unproven. Pauses, time at gates and time in which the "
            "source of the figures is down do not count."
        ),
    )
    source_down_limit_seconds: Annotated[int, Field(ge=10, le=86_400)] = Field(
        default=900,
        description=(
            "After the source was down this long in one step, not counting pauses, the release waits for a person."
        ),
    )
    observation_seconds: Annotated[int, Field(ge=0, le=7 * 86_400)] = Field(
        default=1800,
        description="How long a promoted version is still watched, with the one before it warm, and rolled back.",
    )
