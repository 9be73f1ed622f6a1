"""Which figures a release needs now. A new epoch starts the counts anew."""

from bertrelease_operator.api.status import ObservationStatus, RolloutStage, RolloutStatus
from bertrelease_operator.core.observation import Watch
from bertrelease_operator.core.progress import Progress


def rollout_watch(rollout: RolloutStatus | None, stable: str | None) -> Watch | None:
    """Starting candidates are watched for their load and restarts, the others also for what requests tell.

    A switch to a proven version is not judged again. While switching after the last step the last step's
    figures go on.
    """
    if rollout is None or not (rollout.analysed or stable is None):
        return None
    if rollout.stage is RolloutStage.STARTING:
        return Watch(rollout.version, None, f"{rollout.attempt}/starting")
    return Watch(rollout.version, stable, f"{rollout.attempt}/step-{rollout.step}")


def observation_watch(observation: ObservationStatus | None) -> Watch | None:
    """A promoted version is watched alone: the one before it has no traffic to compare with."""
    if observation is None:
        return None
    return Watch(observation.version, None, f"{observation.attempt}/observation/{observation.since}")


def watches(progress: Progress) -> tuple[Watch, ...]:
    """All that must be watched."""
    wanted = (rollout_watch(progress.rollout, progress.stable), observation_watch(progress.observation))
    return tuple(watch for watch in wanted if watch is not None)
