"""Which of the strategy's steps a rollout is at, and whether a person keeps it there."""

from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.status import RolloutStatus
from bertrelease_operator.core.strategies.plan import Step, Then
from bertrelease_operator.core.strategies.registry import plan_of


def step_index(spec: BertReleaseSpec, rollout: RolloutStatus) -> int:
    """The last one if the steps were edited while the rollout is at one that is gone."""
    return min(rollout.step, len(plan_of(spec.strategy).steps) - 1)


def current_step(spec: BertReleaseSpec, rollout: RolloutStatus) -> Step:
    """The step at `step_index`."""
    return plan_of(spec.strategy).steps[step_index(spec, rollout)]


def is_paused(spec: BertReleaseSpec, rollout: RolloutStatus) -> bool:
    """A person holds it where it is. Going back to a proven version is a rescue, and never held."""
    return spec.paused and rollout.analysed


def awaits_person(spec: BertReleaseSpec, rollout: RolloutStatus) -> bool:
    """It has passed its step, and the step ends when a person says so; edits of the strategy can change that."""
    return rollout.awaiting_since is not None and current_step(spec, rollout).then is Then.ASK
