"""Where the traffic goes: what the rollout wants, limited to what ready pods can carry."""

from bertrelease_operator.api.status import RolloutStage
from bertrelease_operator.core.capacity import as_weights, carried_weight, proven_versions
from bertrelease_operator.core.decision import RouteDecision
from bertrelease_operator.core.observation import RouteNote
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.steps import current_step


def wanted_weights(situation: Situation, progress: Progress) -> dict[str, int]:
    """By the rollout's stage alone; percent by version, summing to 100, or nothing before anything can serve."""
    rollout, stable = progress.rollout, progress.stable
    if rollout is not None and rollout.stage is RolloutStage.SWITCHING:
        return {rollout.version: 100}
    if stable is None:
        return {}
    if rollout is None or rollout.stage is RolloutStage.STARTING:
        return {stable: 100}
    weight = current_step(situation.observation.spec, rollout).weight
    return {stable: 100 - weight, rollout.version: weight}


def carried_weights(situation: Situation, progress: Progress, wanted: dict[str, int]) -> dict[str, int] | None:
    """`wanted`, moved off what is not ready. None: nothing that may serve is ready, so leave the route alone.

    The candidate gets no more than its ready pods carry; the rest stays with the stable version. If only one
    of the two has ready pods it gets everything, and if neither has, the last proven one that has takes over.
    """
    if situation.replicas == 0 or not wanted:
        return wanted or None
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
    if carried is None:
        carried = applied
    if not carried:
        return None
    if route is not None and route.note is not None and carried == applied:
        return RouteDecision(carried, route.note, urgent=False)
    return RouteDecision(
        carried, _note(situation, progress, wanted, carried), urgent=not _forward(progress, applied, carried)
    )


def _forward(progress: Progress, applied: dict[str, int], carried: dict[str, int]) -> bool:
    """More traffic for a version that is still to be judged, or the very first route."""
    rollout = progress.rollout
    if not applied:
        return True
    if rollout is None or not rollout.analysed:
        return False
    return carried.get(rollout.version, 0) > applied.get(rollout.version, 0)


def _note(situation: Situation, progress: Progress, wanted: dict[str, int], carried: dict[str, int]) -> RouteNote:
    version, attempt = progress.rejected or (None, 0)
    if carried != wanted:
        return RouteNote(situation.now, "Capacity", _capacity_message(wanted, carried), version, attempt)
    return RouteNote(situation.now, progress.reason or "Reconciled", progress.message, version, attempt)


def _capacity_message(wanted: dict[str, int], carried: dict[str, int]) -> str:
    def words(weights: dict[str, int]) -> str:
        return ", ".join(f"{version} {weight} %" for version, weight in sorted(weights.items()))

    return f"Wanted {words(wanted)}; the ready pods carry {words(carried)}."
