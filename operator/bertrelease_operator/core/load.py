"""How many pods all of the traffic needs, by what an autoscaler has made of it."""

from bertrelease_operator.core.observation import Observation


def full_replicas(observation: Observation) -> int:
    """Without autoscaling spec.replicas. With it, as many as the stable version has now, within the bounds.

    During a rollout it is the most that it had since the beginning: it may lose pods together with traffic, which says
    nothing about what all of the traffic needs.
    """
    spec, status = observation.spec, observation.status
    if spec.autoscaling is None or not spec.replicas:
        return spec.replicas
    stable = observation.workloads.get(status.stable) if status.stable is not None else None
    now = stable.replicas if stable is not None else 0
    before = (status.rollout.full_replicas or 0) if status.rollout is not None else 0
    return max(spec.replicas, min(max(now, before), spec.autoscaling.max_replicas))
