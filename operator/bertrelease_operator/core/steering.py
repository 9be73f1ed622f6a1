"""What the route does for a candidate besides the weights: copies, and users who stay where they were.

Written into the route's note with the weights, so that what is applied is known from one object.
"""

from typing import Final

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.strategies import RequestMatch


class Mirroring(ApiModel):
    """A share of the requests is also sent to `version`, and its answers are thrown away."""

    version: str
    percent: int


class Matching(ApiModel):
    """Requests that match one of `rules` go to `version`, whatever the weights."""

    version: str
    rules: tuple[RequestMatch, ...]


class Stickiness(ApiModel):
    """Whom the weights once sent to `version` or past it stays there, by a cookie that the route sets.

    Cookies are of one attempt, so that a version that is tried again begins with nobody. Users who were sent past
    it at an earlier step are drawn again at each following one: with `catch_up_percent`, which makes their share of
    the candidate the step's weight.
    """

    version: str
    attempt: int
    step: int
    max_age_seconds: int
    catch_up_percent: int | None = None  # None: there was no earlier step


class Steering(ApiModel):
    """Nothing, unless it is said."""

    matching: Matching | None = None
    mirroring: Mirroring | None = None
    stickiness: Stickiness | None = None

    @property
    def versions(self) -> frozenset[str]:
        """Those that it sends anything to."""
        parts = (self.matching, self.mirroring, self.stickiness)
        return frozenset(part.version for part in parts if part is not None)


NO_STEERING: Final = Steering()


def catch_up_percent(before: int, now: int) -> int:
    """The share of those who were sent past the candidate at weight `before` that must now be sent to it.

    Of all users `before` percent have it already: before + x (100 - before) / 100 = now.
    """
    return round(100 * (now - before) / (100 - before))
