"""Mirroring: copies of users' requests go to the candidate before, or instead of, the requests themselves."""

from bertrelease_operator.api.strategies import Mirror, MirrorEnd
from bertrelease_operator.api.strategy import Strategy
from bertrelease_operator.core.strategies import canary
from bertrelease_operator.core.strategies.plan import Plan, Step, Then


def plan(strategy: Strategy) -> Plan:
    """One step of copies, and the canary's steps after it if the spec says so."""
    settings = strategy.mirror or Mirror()
    copies = Step(
        weight=0,
        capacity=settings.percent,
        hold_seconds=settings.hold_seconds,
        name=f"mirror {settings.percent} %",
        place=f"by copies of {settings.percent} % of the requests",
        gain=f"gets copies of {settings.percent} % of the requests; its answers are thrown away",
        event="Mirroring",
        mirror_percent=settings.percent,
        then=Then.ASK if settings.then is MirrorEnd.ASK else Then.GO_ON,
    )
    if settings.then is MirrorEnd.CANARY:
        return Plan((copies, *canary.steps(strategy)), passed_event="CanaryPassed")
    return Plan((copies,), passed_event="MirrorPassed")
