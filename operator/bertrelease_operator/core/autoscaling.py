"""How far an autoscaler may move each version's pods. Between the bounds the number is its own.

The lower bound is what makes an autoscaler safe beside a rollout: a candidate is scaled for its share before it gets
it, and what traffic may have to return to is not shrunk. Autoscalers keep to their bounds, but late; so the operator
itself raises what is below, and never lowers what is between.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bertrelease_operator.api.autoscaling import AutoscalerKind
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.decision import ReplicaRange
from bertrelease_operator.core.progress import Progress, Situation

# An autoscaler's figures lag: those of a version that has just got all of the traffic are of the time in which it had
# little or none. After this time they are the present load's: a minute of measuring, and the five minutes of
# recommendations that a HorizontalPodAutoscaler looks back on, doubled.
STEADY_SECONDS: Final = 600.0


def least_stable_replicas(situation: Situation, progress: Progress) -> int:
    """The stable version may shrink only when nothing else is going on, and its figures are those of its load."""
    spec = situation.observation.spec
    idle = progress.rollout is None and not spec.traffic and _has_all(situation, progress.stable)
    calm = idle and situation.now >= steady_at(situation, progress)
    return spec.replicas if calm and spec.autoscaling is not None else situation.replicas


def least_return_replicas(situation: Situation, version: str) -> int:
    """Where a failure would lead keeps what it had when it served, and grows with what serves now."""
    if situation.observation.spec.autoscaling is None:
        return situation.replicas
    return max(situation.replicas, _present(situation, version))


def steady_at(situation: Situation, progress: Progress) -> float:
    """When the stable version has had all of the traffic for long enough, in seconds since the epoch.

    Counted from its promotion, and from the last change of the route, which may have given it back what a candidate
    or a split by hand had. Both outlive a restart of the operator.
    """
    status = progress.revisions.get(progress.stable) if progress.stable is not None else None
    promoted_at = to_epoch(status.served_from) if status is not None and status.served_from is not None else 0.0
    return max(promoted_at, situation.observation.route_changed_at) + STEADY_SECONDS


def _has_all(situation: Situation, stable: str | None) -> bool:
    """What is decided now may still have to be written: the traffic has returned when the route says so."""
    route = situation.observation.route
    return route is not None and stable is not None and route.weights.get(stable) == 100


def replica_ranges(situation: Situation, least: Mapping[str, int]) -> dict[str, ReplicaRange]:
    """For each version that has or needs pods, at least as many as `least` says; empty without autoscaling."""
    autoscaling = situation.observation.spec.autoscaling
    if autoscaling is None:
        return {}
    return {
        version: ReplicaRange(count, max(count, autoscaling.max_replicas)) for version, count in least.items() if count
    }


def settled_replicas(situation: Situation, least: Mapping[str, int]) -> dict[str, int]:
    """What Deployments must have: as the autoscaler left it, where that is enough, and `least` everywhere else."""
    if situation.observation.spec.autoscaling is None:
        return dict(least)
    return {version: max(count, _present(situation, version)) if count else 0 for version, count in least.items()}


def _present(situation: Situation, version: str) -> int:
    workload = situation.observation.workloads.get(version)
    return workload.replicas if workload is not None else 0


def autoscaling_facts(situation: Situation) -> list[tuple[str, bool, str, str]]:
    """Type, whether it holds, reason and message of the condition; none without autoscaling."""
    observation = situation.observation
    autoscaling = observation.spec.autoscaling
    if autoscaling is None:
        return []
    if autoscaling.kind is AutoscalerKind.KEDA and "ScaledObject" in observation.absent_kinds:
        message = (
            "spec.autoscaling.kind is keda, and the cluster has no ScaledObject: install KEDA, or set kind to hpa. "
            "Until then the number of pods stays as it is."
        )
        return [("Autoscaling", False, "KedaMissing", message)]
    return [("Autoscaling", True, "Bounded", "")]


def record_load(situation: Situation, progress: Progress) -> Progress:
    """Remembers with the rollout what all of the traffic needs, so that it outlives what the autoscaler does next."""
    rollout = progress.rollout
    if rollout is None:
        return progress
    needed = situation.replicas if situation.observation.spec.autoscaling is not None else None
    if rollout.full_replicas == needed:
        return progress
    return replace(progress, rollout=rollout.model_copy(update={"full_replicas": needed}))
