"""Which version can be looked at before users see it."""

from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.strategies.registry import plan_of


def preview_version(situation: Situation, progress: Progress) -> str | None:
    """The candidate on its way, if the strategy has a preview; what was judged before needs none."""
    rollout = progress.rollout
    if rollout is None or progress.stable is None or not rollout.analysed:
        return None
    return rollout.version if plan_of(situation.observation.spec.strategy).has_preview else None
