"""Which of the canary's steps a rollout is at."""

from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.status import RolloutStatus
from bertrelease_operator.api.strategy import CanaryStep


def step_index(spec: BertReleaseSpec, rollout: RolloutStatus) -> int:
    """The last one if the steps were edited while the rollout is at one that is gone."""
    return min(rollout.step, len(spec.strategy.canary.steps) - 1)


def current_step(spec: BertReleaseSpec, rollout: RolloutStatus) -> CanaryStep:
    """The step at `step_index`."""
    return spec.strategy.canary.steps[step_index(spec, rollout)]
