"""Which figures a release needs now. A new epoch starts the counts anew."""

from bertrelease_operator.api.health import Health, Limit
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.status import ObservationStatus, RolloutStage, RolloutStatus
from bertrelease_operator.api.strategies import StepLimits
from bertrelease_operator.core.by_hand import watches_by_hand
from bertrelease_operator.core.observation import Watch
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.steps import current_step


def rollout_watch(spec: BertReleaseSpec, rollout: RolloutStatus | None, stable: str | None) -> Watch | None:
    """Starting candidates are watched for their load and restarts, the others also for what requests tell.

    A switch to a proven version is not judged again. While switching after the last step the last step's
    figures go on. Without users' requests there is nothing to compare with the stable version's.
    """
    if rollout is None or not (rollout.analysed or stable is None):
        return None
    if rollout.stage is RolloutStage.STARTING:
        return Watch(rollout.version, None, f"{rollout.attempt}/starting")
    epoch = f"{rollout.attempt}/{spec.strategy.kind}/step-{rollout.step}"
    step = current_step(spec, rollout)
    if stable is None:
        return Watch(rollout.version, None, epoch)
    return Watch(
        rollout.version,
        stable if step.needs_requests else None,
        epoch,
        health=_limited(spec.health, step.limits) if step.limits is not None else None,
        compares_arms=step.compares_arms,
        gets_copies=step.mirror_percent > 0,
        needs_requests=step.needs_requests,
    )


def _limited(health: Health, limits: StepLimits) -> Health:
    """`health` with the step's own limits; one that is turned off there is off in this step."""
    given = {name: getattr(limits, name) for name in limits.model_fields_set if getattr(limits, name) is not None}
    off = {name for name, limit in given.items() if isinstance(limit, Limit) and not limit.enabled}
    return health.model_copy(update={name: None if name in off else limit for name, limit in given.items()})


def observation_watch(observation: ObservationStatus | None) -> Watch | None:
    """A promoted version is watched alone: the one before it has no traffic to compare with."""
    if observation is None:
        return None
    return Watch(observation.version, None, f"{observation.attempt}/observation/{observation.since}")


def watch_of(
    spec: BertReleaseSpec,
    version: str,
    rollout: RolloutStatus | None,
    stable: str | None,
    observation: ObservationStatus | None,
) -> Watch | None:
    """What `version` is judged by, on its way or under observation."""
    found = (rollout_watch(spec, rollout, stable), observation_watch(observation))
    return next((watch for watch in found if watch is not None and watch.subject == version), None)


def watches(situation: Situation, progress: Progress) -> tuple[Watch, ...]:
    """All that must be watched."""
    spec = situation.observation.spec
    wanted = (rollout_watch(spec, progress.rollout, progress.stable), observation_watch(progress.observation))
    by_hand = watches_by_hand(situation, progress)
    return (*(watch for watch in wanted if watch is not None), *by_hand)
