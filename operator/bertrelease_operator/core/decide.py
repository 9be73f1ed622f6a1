"""The decision: an ordered chain of small transitions, then what follows from where they led.

The same observation and time always give the same decision, and any write of it may be the last one that is
made: the next observation leads to the rest.
"""

from typing import Final

from bertrelease_operator.api.status import BertRevisionStatus
from bertrelease_operator.core.acceptance import Acceptance, accept
from bertrelease_operator.core.autoscaling import record_load, replica_ranges, settled_replicas
from bertrelease_operator.core.by_hand import replicas_by_hand, rescue_by_hand, rest_strategy
from bertrelease_operator.core.capacity import desired_replicas
from bertrelease_operator.core.commands import obey
from bertrelease_operator.core.decision import Decision, RouteDecision
from bertrelease_operator.core.gates.passage import gate_runs, judge_gates
from bertrelease_operator.core.identity import record_identity
from bertrelease_operator.core.observation import Observation
from bertrelease_operator.core.observing import observe
from bertrelease_operator.core.preview import preview_version
from bertrelease_operator.core.progress import Progress, Situation, Transition
from bertrelease_operator.core.promotion.revocation import stop_unproven
from bertrelease_operator.core.promotion.telling import tell_promotion
from bertrelease_operator.core.rejections import tell_late
from bertrelease_operator.core.rescue import drop_rejected_return, rescue_from_candidate, rescue_from_promoted
from bertrelease_operator.core.retention import versions_to_prune
from bertrelease_operator.core.rollout import advance, follow_target, start
from bertrelease_operator.core.routing import decide_route, root_version
from bertrelease_operator.core.schedule import next_look
from bertrelease_operator.core.story.tell import tell
from bertrelease_operator.core.summary import summarise
from bertrelease_operator.core.timing import QUIET_SECONDS
from bertrelease_operator.core.watches import watches

# Taking back comes before everything that moves forward.
TRANSITIONS: Final[tuple[Transition, ...]] = (
    tell_promotion,
    record_identity,
    follow_target,
    drop_rejected_return,  # rejected by a decision that was not written to its end
    rescue_from_promoted,
    rescue_from_candidate,
    stop_unproven,
    judge_gates,
    rest_strategy,
    rescue_by_hand,
    drop_rejected_return,  # rejected just now
    tell_late,
    obey,
    advance,
    start,
    record_load,
    observe,
)


def decide(observation: Observation, now: float) -> Decision:
    """What to do for one release at `now` (epoch seconds)."""
    acceptance = accept(observation, now)
    situation = Situation(observation, now, acceptance.target, acceptance.promotion)
    progress = Progress.of(observation)
    for transition in TRANSITIONS:
        progress = transition(situation, progress)
    route = decide_route(situation, progress)
    moves = route is not None and not _is_applied(observation, route)
    least = _least_replicas(situation, progress, acceptance)
    status = summarise(situation, progress, acceptance, route)
    progress = tell(situation, progress, status)
    return Decision(
        status=status,
        route=route,
        replicas=settled_replicas(situation, least),
        ranges=replica_ranges(situation, least),
        preview_version=preview_version(situation, progress),
        root_version=root_version(situation, progress),
        record=acceptance.record,
        revision_statuses=_changed_revisions(observation, progress),
        prune=versions_to_prune(situation, progress),
        watches=watches(situation, progress),
        gates=gate_runs(situation, progress),
        events=progress.events,
        quiet_until=_quiet_until(situation, route, moves=moves),
        requeue_at=_earliest(next_look(situation, progress, route_moves=moves), acceptance.until),
    )


def _is_applied(observation: Observation, route: RouteDecision) -> bool:
    return observation.route is not None and observation.route.note == route.note


def _least_replicas(situation: Situation, progress: Progress, acceptance: Acceptance) -> dict[str, int]:
    """Only of versions that have a record, or get it by this decision."""
    recorded = set(situation.observation.revisions)
    if acceptance.record is not None:
        recorded.add(acceptance.record.version)
    least = desired_replicas(situation, progress, replicas_by_hand(situation, progress))
    return {version: count for version, count in least.items() if version in recorded}


def _changed_revisions(observation: Observation, progress: Progress) -> dict[str, BertRevisionStatus]:
    return {
        version: status
        for version, status in progress.revisions.items()
        if version not in observation.revisions or observation.revisions[version].status != status
    }


def _quiet_until(situation: Situation, route: RouteDecision | None, *, moves: bool) -> float | None:
    """Quiet starts with an urgent move and is remembered in the route's own note."""
    if route is None:
        return None
    if moves:
        return situation.now + QUIET_SECONDS if route.urgent else None
    end = route.note.changed_at + QUIET_SECONDS
    return end if situation.now < end else None


def _earliest(*moments: float | None) -> float | None:
    return min((moment for moment in moments if moment is not None), default=None)
