"""The rules of spec.strategy: one kind, one section, and steps that can be passed in time."""

from collections.abc import Mapping
from typing import Final

from bertrelease_operator.api.crd.rule import FORBIDDEN, ITEMS, REQUIRED, Path, Rule
from bertrelease_operator.api.strategies import AbTest, BlueGreen, Canary, Mirror
from bertrelease_operator.api.strategy import StrategyKind

# What holds where a section is left out.
_STEP_HOLDS: Final = [step.hold_seconds for step in Canary().steps]
_CANARY_HOLDS: Final = f"(has(self.canary) ? self.canary.steps.map(step, step.holdSeconds) : {_STEP_HOLDS})"
_ENDS_WITH_CANARY: Final = (
    "(self.kind == 'canary' || (self.kind == 'mirror' && (!has(self.mirror) || self.mirror.then == 'canary')))"
)


def _of_kind(kind: StrategyKind) -> Rule:
    """Exactly one kind, whose section is called like it: nothing is accepted that would be ignored."""
    return Rule(
        f"self.kind == '{kind}' || !has(self.{kind})",
        f"{kind} is for kind {kind}: set kind to that, or leave {kind} out",
        field=f".{kind}",
        reason=FORBIDDEN,
    )


def _hold_before_deadline(kind: StrategyKind, name: str, default_seconds: int, what: str) -> Rule:
    return Rule(
        f"self.kind != '{kind}' || (has(self.{kind}) ? self.{kind}.{name} : {default_seconds})"
        " < self.stepDeadlineSeconds",
        f"{kind}.{name} must be less than stepDeadlineSeconds, or {what} can never pass",
        field=".stepDeadlineSeconds",
    )


_STRATEGY = [
    Rule(
        f"!{_ENDS_WITH_CANARY} || {_CANARY_HOLDS}.all(hold, hold < self.stepDeadlineSeconds)",
        "every step's holdSeconds must be less than stepDeadlineSeconds, or the step can never pass",
        field=".stepDeadlineSeconds",
    ),
    _hold_before_deadline(StrategyKind.BLUE_GREEN, "holdSeconds", BlueGreen().hold_seconds, "the preview"),
    _hold_before_deadline(StrategyKind.MIRROR, "holdSeconds", Mirror().hold_seconds, "the copies"),
    _hold_before_deadline(StrategyKind.AB_TEST, "minDurationSeconds", AbTest().min_duration_seconds, "the test"),
    Rule(
        f"!has(self.maxDurationSeconds) || !{_ENDS_WITH_CANARY} || {_CANARY_HOLDS}.sum() < self.maxDurationSeconds",
        "must be more than all steps' holdSeconds together, or no version can ever pass",
        field=".maxDurationSeconds",
    ),
    Rule(
        f"{_ENDS_WITH_CANARY} || !has(self.canary)",
        "canary is for kind canary, or for kind mirror with then: canary: set that, or leave canary out",
        field=".canary",
        reason=FORBIDDEN,
    ),
    _of_kind(StrategyKind.BLUE_GREEN),
    _of_kind(StrategyKind.MIRROR),
    _of_kind(StrategyKind.AB_TEST),
]

_AB_TEST = [
    Rule(
        "self.weight > 0 || size(self.match) > 0",
        "with weight 0 nobody sees the candidate: set a weight, or match requests",
        field=".weight",
    ),
]

_REQUEST_MATCH = [
    Rule(
        "size(self.headers) > 0 || has(self.cookie)",
        "a match without headers and cookie would be everything: write one, or set weight instead",
        reason=REQUIRED,
    ),
    Rule(
        "self.headers.all(name, name.matches('^[a-z0-9-]+$') && name != 'cookie')",
        "write headers' names in lower case, such as x-tester; cookies have a field of their own",
        field=".headers",
    ),
]

_STEPS = [
    Rule(
        "self.map(step, step.weight).isSorted() && self.all(step, self.exists_one(other, other.weight == step.weight))",
        "weights must grow from step to step, such as 10, 25, 50",
    )
]

_TRAFFIC = [
    Rule(
        "size(self) == 0 || self.map(share, share.weight).sum() == 100",
        "weights must be 100 together, such as 60 and 40",
    )
]

STRATEGY_RULES: Final[Mapping[Path, list[Rule]]] = {
    ("spec", "strategy"): _STRATEGY,
    ("spec", "traffic"): _TRAFFIC,
    ("spec", "strategy", "canary", "steps"): _STEPS,
    ("spec", "strategy", "abTest"): _AB_TEST,
    ("spec", "strategy", "abTest", "match", ITEMS): _REQUEST_MATCH,
}
