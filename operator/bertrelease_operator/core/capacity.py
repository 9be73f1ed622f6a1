"""How many replicas each version needs, and what share of the traffic its ready pods can carry."""

from collections.abc import Iterable, Mapping

from bertrelease_operator.api.status import RevisionVerdict, RolloutStage, RolloutStatus
from bertrelease_operator.core.autoscaling import least_return_replicas, least_stable_replicas
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.strategies.plan import Step
from bertrelease_operator.core.strategies.registry import plan_of
from bertrelease_operator.core.timing import DRAIN_SECONDS


def needed_replicas(weight: int, full_replicas: int) -> int:
    """Replicas that carry `weight` percent of what `full_replicas` carry in full; at least 1 unless full is 0."""
    return -(-full_replicas * weight // 100) if full_replicas else 0


def carried_weight(ready: int, full_replicas: int) -> int:
    """Largest percentage that `ready` pods carry at the load per pod of the full service."""
    return min(100, 100 * ready // full_replicas) if full_replicas else 100


def rollout_replicas(rollout: RolloutStatus, steps: tuple[Step, ...], full_replicas: int) -> int:
    """The candidate is scaled for the step after the one it is at: capacity before weight."""
    if rollout.stage is RolloutStage.STARTING and rollout.analysed:
        return needed_replicas(steps[0].capacity, full_replicas)
    if rollout.stage is RolloutStage.STEPPING:
        following = steps[rollout.step + 1].capacity if rollout.step + 1 < len(steps) else 100
        current = steps[min(rollout.step, len(steps) - 1)].capacity
        return needed_replicas(max(current, following), full_replicas)
    return full_replicas


def warm_versions(progress: Progress, count: int) -> list[str]:
    """The proven versions that served last, besides the ones in use: kept at full capacity to go back to."""
    in_use = {progress.stable, progress.rollout.version if progress.rollout else None}
    return proven_versions(progress, in_use)[:count]


def proven_versions(progress: Progress, excluding: Iterable[str | None]) -> list[str]:
    """Proven versions, the one that served last first."""
    left_out = set(excluding)
    proven = [
        (status.served_from or "", version)
        for version, status in progress.revisions.items()
        if status.verdict is RevisionVerdict.PROVEN and version not in left_out
    ]
    return [version for _, version in sorted(proven, reverse=True)]


def desired_replicas(situation: Situation, progress: Progress, by_hand: Mapping[str, int]) -> dict[str, int]:
    """Replicas of every version that has or needs a Deployment; where they get fewer, only after draining.

    With autoscaling the least that they need.

    `by_hand`: what a person's own weights need.
    """
    full = situation.replicas
    observation = situation.observation
    wanted = dict.fromkeys(observation.workloads, 0)
    wanted.update(dict.fromkeys(warm_versions(progress, observation.spec.history.warm), full))
    if progress.observation is not None and progress.observation.previous is not None:
        wanted[progress.observation.previous] = least_return_replicas(situation, progress.observation.previous)
    if progress.rollout is not None:
        steps = plan_of(observation.spec.strategy).steps
        count = rollout_replicas(progress.rollout, steps, full) if progress.stable is not None else full
        wanted[progress.rollout.version] = count
    wanted |= {version: max(count, wanted.get(version, 0)) for version, count in by_hand.items()}
    wanted = {version: _not_yet_shrunk(situation, version, count) for version, count in wanted.items()}
    if progress.stable is not None:
        wanted[progress.stable] = least_stable_replicas(situation, progress)
    return wanted


def _not_yet_shrunk(situation: Situation, version: str, wanted: int) -> int:
    """To what the route sends it, when the proxies know the route; below that only when they send it nothing more."""
    workload = situation.observation.workloads.get(version)
    if workload is None or wanted >= workload.replicas or drained(situation, version):
        return wanted
    route = situation.observation.route
    percent = route.most_percent(version) if route is not None else 0
    carries_its_share = wanted > 0 and wanted >= needed_replicas(percent, situation.replicas)
    return wanted if carries_its_share and situation.now >= drain_end(situation) else workload.replicas


def drained(situation: Situation, version: str) -> bool:
    """No proxy sends requests to `version` any more: weight 0 for long enough, and not behind the root Service."""
    observation = situation.observation
    if observation.root_version == version:
        return situation.replicas == 0
    if observation.route is None:
        return True
    return not observation.route.reaches(version) and situation.now >= drain_end(situation)


def drain_end(situation: Situation) -> float:
    """When versions that the route sends less, or nothing, may be scaled down, counted from its last change."""
    return situation.observation.route_changed_at + DRAIN_SECONDS


def as_weights(weights: Mapping[str, int]) -> dict[str, int]:
    """Without zeros, for comparison and for people."""
    return {version: weight for version, weight in weights.items() if weight}
