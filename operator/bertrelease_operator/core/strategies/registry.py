"""Which module makes the plan of which kind."""

from collections.abc import Callable, Mapping
from typing import Final

from bertrelease_operator.api.strategy import Strategy, StrategyKind
from bertrelease_operator.core.strategies import ab_test, blue_green, canary, mirror
from bertrelease_operator.core.strategies.plan import Plan

STRATEGIES: Final[Mapping[StrategyKind, Callable[[Strategy], Plan]]] = {
    StrategyKind.CANARY: canary.plan,
    StrategyKind.BLUE_GREEN: blue_green.plan,
    StrategyKind.MIRROR: mirror.plan,
    StrategyKind.AB_TEST: ab_test.plan,
}


def plan_of(strategy: Strategy) -> Plan:
    """The plan of the strategy's explicit kind."""
    return STRATEGIES[strategy.kind](strategy)
