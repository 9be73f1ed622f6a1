"""The sections of spec.strategy, one for each kind."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.health import ErrorRateLimit, LatencyLimit
from bertrelease_operator.api.values import CookieWord, HeaderText

_DAY_SECONDS: Final = 86_400
_WEEK_SECONDS: Final = 7 * _DAY_SECONDS


class StepLimits(ApiModel):
    """Limits of one step. What is given replaces the field of the same name in spec.health as a whole."""

    minimum_sample: Annotated[int | None, Field(ge=1, le=1_000_000)] = Field(
        default=None, description="Requests to the candidate in this step without which it cannot pass."
    )
    p95_latency_ms: LatencyLimit | None = Field(default=None, description="Limit on the latency in this step.")
    error_rate: ErrorRateLimit | None = Field(default=None, description="Limit on failed requests in this step.")


class CanaryStep(ApiModel):
    """A share of the traffic, held while evidence gathers."""

    weight: Annotated[int, Field(ge=1, le=99)] = Field(description="Percent of requests to the candidate.")
    hold_seconds: Annotated[int, Field(ge=1, le=_WEEK_SECONDS)] = Field(
        default=60, description="Shortest time at this weight; the candidate moves on when it also passes."
    )
    limits: StepLimits | None = Field(
        default=None, description="Limits that hold in this step alone, such as stricter ones while few users see it."
    )


class Sticky(ApiModel):
    """Users keep the version that they were once sent to, by a cookie named bertrelease-<release>.

    Clients without a memory for cookies are drawn anew with each request.
    """

    max_age_seconds: Annotated[int, Field(ge=60, le=30 * _DAY_SECONDS)] = Field(
        default=_DAY_SECONDS, description="How long a browser keeps the cookie."
    )


def _default_steps() -> list[CanaryStep]:
    return [CanaryStep(weight=weight) for weight in (10, 25, 50)]


class Canary(ApiModel):
    """Steps of growing weight; after the last one passes, the candidate gets everything."""

    steps: Annotated[list[CanaryStep], Field(min_length=1, max_length=20)] = Field(
        default_factory=_default_steps, description="In order; weights must grow."
    )
    sticky: Sticky | None = Field(
        default=None,
        description="Write {} so that a user who saw the candidate keeps seeing it; taking it back overrides that.",
    )


class BlueGreenEnd(StrEnum):
    PROMOTE = "promote"
    ASK = "ask"


class BlueGreen(ApiModel):
    """The candidate comes up complete, is looked at without any user's request, and gets everything at once."""

    hold_seconds: Annotated[int, Field(ge=1, le=_WEEK_SECONDS)] = Field(
        default=60,
        description=(
            "Shortest time in preview, complete and without traffic; it moves on when its pods also pass their "
            "checks. The Service <release>-preview reaches it meanwhile."
        ),
    )
    then: BlueGreenEnd = Field(
        default=BlueGreenEnd.PROMOTE,
        description="`promote` gives it all traffic in one switch; `ask` waits for `kubectl bert promote` or `abort`.",
    )


class MirrorEnd(StrEnum):
    CANARY = "canary"
    PROMOTE = "promote"
    ASK = "ask"


class Mirror(ApiModel):
    """Copies of users' requests go to the candidate; nobody waits for its answers, and nobody gets to see them."""

    percent: Annotated[int, Field(ge=1, le=100)] = Field(
        default=100, description="Percent of the requests that are copied. Each copy costs as much as a request."
    )
    hold_seconds: Annotated[int, Field(ge=1, le=_WEEK_SECONDS)] = Field(
        default=300, description="Shortest time of copying; the candidate moves on when it also passes."
    )
    then: MirrorEnd = Field(
        default=MirrorEnd.CANARY,
        description=(
            "`canary` goes on with the steps of strategy.canary, `promote` gives the candidate all traffic in one "
            "switch, `ask` waits for `kubectl bert promote` or `abort`."
        ),
    )


class CookieMatch(ApiModel):
    """A cookie of the client's, with exactly this value."""

    name: CookieWord = Field(description="Name of the cookie.")
    value: CookieWord = Field(description="Its value.")


class RequestMatch(ApiModel):
    """Requests that have all that is said here."""

    headers: Annotated[dict[str, HeaderText], Field(max_length=8)] = Field(
        default_factory=dict, description="Values of headers by their names in lower case."
    )
    cookie: CookieMatch | None = Field(default=None, description="A cookie that the request brings.")


class AbTestEnd(StrEnum):
    PROMOTE = "promote"
    KEEP = "keep"
    ASK = "ask"


class AbTest(ApiModel):
    """Two versions side by side, each user always with the same one, compared for a while."""

    weight: Annotated[int, Field(ge=0, le=99)] = Field(
        default=50, description="Percent of the users to the candidate, of those that no match selects."
    )
    match: Annotated[list[RequestMatch], Field(max_length=8)] = Field(
        default_factory=list, description="Requests that match one of these always go to the candidate."
    )
    sticky: Sticky = Field(default_factory=Sticky, description="How users keep the version that they were sent to.")
    min_duration_seconds: Annotated[int, Field(ge=1, le=_WEEK_SECONDS)] = Field(
        default=900, description="Shortest time of the test; it ends when the candidate also passes."
    )
    minimum_sample: Annotated[int, Field(ge=1, le=10_000_000)] = Field(
        default=1000, description="Requests to each of both versions without which nothing can pass."
    )
    then: AbTestEnd = Field(
        default=AbTestEnd.ASK,
        description=(
            "What a pass leads to: `promote` gives the candidate all traffic, `keep` ends the test with the old "
            "version whatever the figures are, `ask` waits for `kubectl bert promote` or `abort`."
        ),
    )
