"""The recording of a rollout: the policy and the looks, written when something is decided and now and then between."""

import json
from typing import Final

from bertrelease_operator.api.recording import LONGEST_POLICY, MOST_EDGES, Recording
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.core.clock import to_epoch, to_timestamp
from bertrelease_operator.core.evidence.trail import Trail
from bertrelease_operator.core.observation import Watch
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.story.looks import fitted, pack

# How much a restart of the operator may cost: this, or this share of what an epoch has lasted.
_SHORTEST_PAUSE_SECONDS: Final = 30.0
_PAUSE_SHARE: Final = 0.1


def begun(situation: Situation, progress: Progress, version: str, known: Recording | None) -> Recording | None:
    """A new one if a rollout of `version` begins that will be judged, else `known`."""
    rollout = progress.rollout
    if rollout is None or rollout.version != version or not rollout.analysed:
        return known
    if known is not None and known.started_at == rollout.started_at:
        return known
    return Recording(
        attempt=rollout.attempt,
        started_at=rollout.started_at,
        baseline=progress.stable,
        policy=policy_text(situation.observation.spec),
    )


def continued(situation: Situation, known: Recording | None, watch: Watch | None, *, decided: bool) -> Recording | None:
    """With what `watch` has seen since; the very same object when there is nothing to add.

    `decided`: something is told of the version, so that what it was told on must be kept.
    """
    if known is None or watch is None or not watch.epoch.startswith(f"{known.attempt}/"):
        return known
    trail = situation.evidence(watch).trail
    if not _has_news(known, watch, trail) or not (decided or _due(known, trail, situation.now)):
        return known
    return _with_looks(known, watch, trail, policy_text(situation.observation.spec))


def policy_text(spec: BertReleaseSpec) -> str:
    """What replay needs of the spec; empty if it is too long to be kept."""
    policy = {
        "strategy": spec.strategy.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "health": spec.health.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    }
    text = json.dumps(policy, ensure_ascii=False, separators=(",", ":"))
    return text if len(text.encode()) <= LONGEST_POLICY else ""


def _goes_on(known: Recording, watch: Watch, trail: Trail) -> bool:
    """Whether the last looks on record are the beginning of `trail`."""
    last = known.looks[-1] if known.looks else None
    return last is not None and (last.epoch, last.since) == (watch.epoch, to_timestamp(trail.since))


def _has_news(known: Recording, watch: Watch, trail: Trail) -> bool:
    if not trail.looks or any(len(edges_ms) > MOST_EDGES for edges_ms in trail.edges):
        return False
    return not _goes_on(known, watch, trail) or known.looks[-1].until != to_timestamp(trail.until)


def _due(known: Recording, trail: Trail, now: float) -> bool:
    last = to_epoch(known.looks[-1].until) if known.looks else trail.since
    return now - max(last, trail.since) >= max(_SHORTEST_PAUSE_SECONDS, _PAUSE_SHARE * (now - trail.since))


def _with_looks(known: Recording, watch: Watch, trail: Trail, policy: str) -> Recording:
    earlier = known.looks[:-1] if _goes_on(known, watch, trail) else known.looks
    return known.model_copy(update={"looks": fitted([*earlier, pack(trail, watch)]), "policy": policy})
