"""What every strategy comes down to: steps that the candidate must pass one after another.

A step says what the candidate gets and what it takes to pass; everything that is the same for all strategies
(deadlines, capacity, taking back, the switch at the end) is elsewhere and knows only steps.
"""

from dataclasses import dataclass
from enum import Enum, auto

from bertrelease_operator.api.strategies import RequestMatch, StepLimits, Sticky


class Then(Enum):
    """What follows when a step is passed."""

    GO_ON = auto()  # to the next step, or to all of the traffic after the last one
    ASK = auto()  # a person promotes or aborts
    KEEP = auto()  # the stable version goes on serving alone


@dataclass(frozen=True, slots=True)
class Step:
    """What the candidate gets for at least `hold_seconds`."""

    weight: int  # percent of the requests
    capacity: int  # percent of the pods for all of the traffic that must be ready before it begins
    hold_seconds: int
    name: str  # short, for a row of stops: "10 %"
    place: str  # for "Judging v1.1.0 ...": "at 10 %"
    gain: str  # for "v1.1.0 is ready and ...": "gets 10 % of the traffic"
    event: str  # reason of the Event that tells of its beginning
    mirror_percent: int = 0  # of the requests that are also sent to it as copies
    sticky: Sticky | None = None  # users stay with the version that the weights once sent them to
    matches: tuple[RequestMatch, ...] = ()  # requests that go to it whatever the weight
    compares_arms: bool = False  # the stable version, too, needs the minimum sample
    limits: StepLimits | None = None  # where they are not those of spec.health
    needs_requests: bool = True  # False: the pods' own checks suffice; requests, should some come, can only fail it
    then: Then = Then.GO_ON


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps, at least one, and how the Event is called that tells that the last one was passed."""

    steps: tuple[Step, ...]
    passed_event: str
    has_preview: bool = False  # a Service of its own reaches the candidate while it is on its way
