"""Where the traffic goes: what the rollout wants, limited to what ready pods can carry."""

from bertrelease_operator.api.status import RolloutStage, RolloutStatus
from bertrelease_operator.api.strategies import Sticky
from bertrelease_operator.core.by_hand import carried_by_hand, steers, weights_by_hand
from bertrelease_operator.core.capacity import as_weights, carried_weight, needed_replicas, proven_versions
from bertrelease_operator.core.decision import RouteDecision
from bertrelease_operator.core.gates.points import next_gate
from bertrelease_operator.core.observation import RouteNote
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.promotion.shown import shows_its_proof
from bertrelease_operator.core.steering import NO_STEERING, Matching, Mirroring, Steering, Stickiness, catch_up_percent
from bertrelease_operator.core.steps import current_step, is_paused, step_index
from bertrelease_operator.core.strategies.registry import plan_of


def wanted_weights(situation: Situation, progress: Progress) -> dict[str, int]:
    """By the rollout's stage, and pauses; percent by version, summing to 100, or nothing before anything can serve."""
    rollout, stable = progress.rollout, progress.stable
    if steers(situation, progress):
        return weights_by_hand(situation, progress)
    if rollout is not None and rollout.stage is RolloutStage.SWITCHING:
        return _switched(situation, rollout, stable)
    if stable is None:
        return {}
    if rollout is None or rollout.stage is RolloutStage.STARTING:
        return {stable: 100}
    weight = current_step(situation.observation.spec, rollout).weight
    return as_weights({stable: 100 - weight, rollout.version: weight})


def _switched(situation: Situation, rollout: RolloutStatus, stable: str | None) -> dict[str, int]:
    """Everything for the candidate; while a person holds the switch, the share that it has reached."""
    observation = situation.observation
    if not is_paused(observation.spec, rollout):
        return {rollout.version: 100}
    share = observation.route.weights.get(rollout.version, 0) if observation.route is not None else 0
    return as_weights({rollout.version: share} | ({stable: 100 - share} if stable is not None else {}))


def root_version(situation: Situation, progress: Progress) -> str | None:
    """The version behind the root Service; None: there is to be no such Service, because nothing may be reached.

    Before anything is stable, it leads where the route leads. Before there is a route, it leads to the very first
    version, once its gates are passed and its proof is shown.
    """
    rollout, route = progress.rollout, situation.observation.route
    if progress.stable is not None:
        return progress.stable
    if route is not None and route.weights:
        return max(route.weights, key=lambda version: route.weights[version])
    if rollout is None or next_gate(situation, progress) is not None:
        return None
    return rollout.version if shows_its_proof(situation.observation, rollout.version) else None


def carried_weights(situation: Situation, progress: Progress, wanted: dict[str, int]) -> dict[str, int] | None:
    """`wanted`, moved off what is not ready. None: nothing that may serve is ready, so leave the route alone.

    The candidate gets no more than its ready pods carry; the rest stays with the stable version. If only one
    of the two has ready pods it gets everything, and if neither has, the last proven one that has takes over.
    """
    if situation.replicas == 0 or not wanted:
        return wanted or None
    if steers(situation, progress):
        return carried_by_hand(situation, progress) or _last_resort(situation, progress)
    rollout, stable = progress.rollout, progress.stable
    candidate = rollout.version if rollout is not None else None
    candidate_ready, stable_ready = (
        situation.observation.ready(candidate),
        situation.observation.ready(stable),
    )
    share = wanted.get(candidate, 0) if candidate is not None else 0
    if candidate is not None and share and candidate_ready:
        share = min(share, carried_weight(candidate_ready, situation.replicas)) if stable_ready else 100
        return as_weights({candidate: share} | ({stable: 100 - share} if stable is not None else {}))
    if stable is not None and stable_ready:
        return {stable: 100}
    return _last_resort(situation, progress)


def _last_resort(situation: Situation, progress: Progress) -> dict[str, int] | None:
    for version in proven_versions(progress, {progress.stable}):
        if situation.observation.ready(version):
            return {version: 100}
    return None


def decide_route(situation: Situation, progress: Progress) -> RouteDecision | None:
    """The route as it must be, with the reason of its last change."""
    wanted = wanted_weights(situation, progress)
    carried = carried_weights(situation, progress, wanted)
    route = situation.observation.route
    applied = as_weights(route.weights) if route is not None else {}
    applied_steering = route.steering if route is not None else NO_STEERING
    steering = wanted_steering(situation, progress)
    if carried is None:
        carried = applied
        steering = applied_steering if applied_steering == steering else NO_STEERING
    elif carried != wanted:
        steering = NO_STEERING
    if not carried:
        return None
    if route is not None and route.note is not None and (carried, steering) == (applied, applied_steering):
        return RouteDecision(carried, route.note, urgent=False)
    note = _note(situation, progress, wanted, carried, steering)
    if steers(situation, progress):
        as_wished = carried.keys() <= {*wanted, progress.stable} and not _lost(applied, wanted, carried)
        forward = progress.rejected is None and as_wished
    else:
        forward = _forward(progress, applied, carried, steering)
    return RouteDecision(carried, note, urgent=not forward)


def _lost(applied: dict[str, int], wanted: dict[str, int], carried: dict[str, int]) -> bool:
    """Whether a version has less than before and less than is wanted: it can no longer carry it."""
    return any(carried.get(version, 0) < min(weight, wanted.get(version, 0)) for version, weight in applied.items())


def wanted_steering(situation: Situation, progress: Progress) -> Steering:
    """What the candidate's step asks for besides its weight, as long as its ready pods carry that."""
    rollout = progress.rollout
    if rollout is None or progress.stable is None or rollout.stage is not RolloutStage.STEPPING:
        return NO_STEERING
    step = current_step(situation.observation.spec, rollout)
    if situation.observation.ready(rollout.version) < needed_replicas(step.capacity, situation.replicas):
        return NO_STEERING
    return Steering(
        matching=Matching(version=rollout.version, rules=step.matches) if step.matches else None,
        mirroring=Mirroring(version=rollout.version, percent=step.mirror_percent) if step.mirror_percent else None,
        stickiness=_stickiness(situation, rollout, step.sticky) if step.sticky is not None else None,
    )


def _stickiness(situation: Situation, rollout: RolloutStatus, sticky: Sticky) -> Stickiness:
    spec = situation.observation.spec
    steps, index = plan_of(spec.strategy).steps, step_index(spec, rollout)
    before = steps[index - 1].weight if index else 0
    return Stickiness(
        version=rollout.version,
        attempt=rollout.attempt,
        step=index,
        catch_up_percent=catch_up_percent(before, steps[index].weight) if before else None,
        max_age_seconds=sticky.max_age_seconds,
    )


def _forward(progress: Progress, applied: dict[str, int], carried: dict[str, int], steering: Steering) -> bool:
    """More for a version that is still to be judged, or the very first route."""
    rollout = progress.rollout
    if not applied:
        return True
    if rollout is None or not rollout.analysed:
        return False
    before, now = applied.get(rollout.version, 0), carried.get(rollout.version, 0)
    return now > before or (now == before and rollout.version in steering.versions)


def _note(
    situation: Situation, progress: Progress, wanted: dict[str, int], carried: dict[str, int], steering: Steering
) -> RouteNote:
    reason, message = progress.reason or "Reconciled", progress.message
    if carried != wanted and progress.latched is None:
        reason, message = "Capacity", _capacity_message(wanted, carried)
    version, attempt = progress.latched or (None, 0)
    record = situation.observation.revisions.get(version) if version is not None else None
    is_rejected = progress.rejected is not None
    return RouteNote(
        situation.now,
        reason,
        message,
        rejected=version if is_rejected else None,
        attempt=attempt,
        steering=steering,
        stopped=None if is_rejected else version,
        record_uid=record.uid if record is not None else "",
    )


def _capacity_message(wanted: dict[str, int], carried: dict[str, int]) -> str:
    def words(weights: dict[str, int]) -> str:
        return ", ".join(f"{version} {weight} %" for version, weight in sorted(weights.items()))

    return f"Wanted {words(wanted)}; the ready pods carry {words(carried)}."
