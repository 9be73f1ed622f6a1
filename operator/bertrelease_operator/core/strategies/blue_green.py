"""Blue-green: the candidate comes up complete beside the stable version, and gets everything in one switch."""

from typing import Final

from bertrelease_operator.api.strategies import BlueGreen, BlueGreenEnd
from bertrelease_operator.api.strategy import Strategy
from bertrelease_operator.core.strategies.plan import Plan, Step, Then

_COMPLETE: Final = 100


def plan(strategy: Strategy) -> Plan:
    """One step without any traffic, in which the candidate's own Service can be looked at."""
    settings = strategy.blue_green or BlueGreen()
    preview = Step(
        weight=0,
        capacity=_COMPLETE,
        hold_seconds=settings.hold_seconds,
        name="preview",
        place="in preview, without traffic",
        gain="can be previewed; no user's request reaches it yet",
        event="Preview",
        needs_requests=False,
        then=Then.ASK if settings.then is BlueGreenEnd.ASK else Then.GO_ON,
    )
    return Plan((preview,), passed_event="PreviewPassed", has_preview=True)
