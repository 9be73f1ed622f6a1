"""A/B test: two versions side by side for their users, compared over time."""

from typing import Final

from bertrelease_operator.api.strategies import AbTest, AbTestEnd, StepLimits
from bertrelease_operator.api.strategy import Strategy
from bertrelease_operator.core.strategies.plan import Plan, Step, Then

_COMPLETE: Final = 100
_THEN: Final = {AbTestEnd.PROMOTE: Then.GO_ON, AbTestEnd.ASK: Then.ASK, AbTestEnd.KEEP: Then.KEEP}


def plan(strategy: Strategy) -> Plan:
    """One long step. Nobody knows the share of the requests that match, so that these need a complete candidate."""
    settings = strategy.ab_test or AbTest()
    who = [f"{settings.weight} % of the users"] if settings.weight else []
    who += ["the requests that match"] if settings.match else []
    test = Step(
        weight=settings.weight,
        capacity=_COMPLETE if settings.match else settings.weight,
        hold_seconds=settings.min_duration_seconds,
        name=f"A/B {settings.weight} %",
        place=f"in an A/B test with {' and '.join(who)}",
        gain=f"gets {' and '.join(who)}",
        event="AbTest",
        sticky=settings.sticky if settings.weight else None,
        matches=tuple(settings.match),
        limits=StepLimits(minimum_sample=settings.minimum_sample),
        compares_arms=True,
        then=_THEN[settings.then],
    )
    return Plan((test,), passed_event="AbTestPassed")
