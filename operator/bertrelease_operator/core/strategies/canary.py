"""Canary: shares of the traffic that grow from step to step."""

from bertrelease_operator.api.strategies import Canary, CanaryStep, Sticky
from bertrelease_operator.api.strategy import Strategy
from bertrelease_operator.core.strategies.plan import Plan, Step


def plan(strategy: Strategy) -> Plan:
    """One step for each weight in the spec."""
    return Plan(steps(strategy), passed_event="CanaryPassed")


def steps(strategy: Strategy) -> tuple[Step, ...]:
    """Also for strategies that end with a canary."""
    canary = strategy.canary or Canary()
    return tuple(_step(step, canary.sticky) for step in canary.steps)


def _step(step: CanaryStep, sticky: Sticky | None) -> Step:
    return Step(
        weight=step.weight,
        capacity=step.weight,
        hold_seconds=step.hold_seconds,
        name=f"{step.weight} %",
        place=f"at {step.weight} %",
        gain=f"gets {step.weight} % of the traffic",
        event="CanaryStep",
        limits=step.limits,
        sticky=sticky,
    )
