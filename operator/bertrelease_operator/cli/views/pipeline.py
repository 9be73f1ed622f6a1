"""Releases that follow one another, and which version is where."""

from collections.abc import Iterable, Iterator, Mapping

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.promotion import PromotionState
from bertrelease_operator.api.status import Phase
from bertrelease_operator.cli.objects import Release
from bertrelease_operator.core.capacity import as_weights

Key = tuple[str, str]  # namespace, name

# Phases in which the release itself has something to say; in the others it is upstream that is waited for.
_BUSY = frozenset(Phase) - {Phase.HEALTHY, Phase.OBSERVING, Phase.PENDING}


class StageView(ApiModel):
    """One release of the pipeline. Of one that cannot be seen from here only its name and version are known."""

    stage: str  # namespace/name, for people
    depth: int  # 0 for where versions come in
    seen: bool
    follows: str | None
    serving: str | None
    candidate: str | None = None
    candidate_weight: int = 0  # percent
    phase: Phase | None = None
    promotion: PromotionState | None = None
    waits_for: str = ""  # a sentence; empty if nothing is waited for


def pipeline_view(releases: Iterable[Release], of: Iterable[Key]) -> tuple[StageView, ...]:
    """Every pipeline that one of `of` is part of, each from its beginning; nothing of releases that stand alone."""
    known = {(release.namespace, release.name): release for release in releases}
    roots = dict.fromkeys(_root(known, key) for key in of if key in known)
    stages = (tuple(_stages(known, root, 0, frozenset())) for root in roots)
    return tuple(stage for chain in stages if len(chain) > 1 for stage in chain)


def upstream_key(release: Release) -> Key | None:
    """None for a release that follows nobody, or somebody in another cluster."""
    upstream = release.spec.upstream
    if upstream is None or upstream.kubeconfig_secret_ref is not None:
        return None
    return upstream.namespace or release.namespace, upstream.name


def _root(known: Mapping[Key, Release], key: Key) -> Key:
    """The first one, or where a circle closes."""
    passed = {key}
    while (before := upstream_key(known[key])) is not None and before in known and before not in passed:
        passed.add(before)
        key = before
    return key


def _stages(known: Mapping[Key, Release], key: Key, depth: int, passed: frozenset[Key]) -> Iterator[StageView]:
    release = known[key]
    if depth == 0 and release.spec.upstream is not None:
        yield _unseen(release)
        depth = 1
    yield _stage(release, depth)
    followers = sorted(k for k, r in known.items() if upstream_key(r) == key and k not in {*passed, key})
    for follower in followers:
        yield from _stages(known, follower, depth + 1, passed | {key})


def _unseen(follower: Release) -> StageView:
    """What follows it says of it."""
    upstream, promotion = follower.spec.upstream, follower.status.promotion
    assert upstream is not None  # noqa: S101 - callers look first
    version = promotion.version if promotion is not None and promotion.state is not PromotionState.PINNED else None
    return StageView(stage=upstream.described(follower.namespace), depth=0, seen=False, follows=None, serving=version)


def _stage(release: Release, depth: int) -> StageView:
    status, upstream = release.status, release.spec.upstream
    rollout = status.rollout
    weights = as_weights(status.weights.applied)
    return StageView(
        stage=f"{release.namespace}/{release.name}",
        depth=depth,
        seen=True,
        follows=upstream.described(release.namespace) if upstream is not None else None,
        serving=status.stable,
        candidate=rollout.version if rollout is not None else None,
        candidate_weight=weights.get(rollout.version, 0) if rollout is not None else 0,
        phase=status.phase,
        promotion=status.promotion.state if status.promotion is not None else None,
        waits_for=_waits_for(release),
    )


def _waits_for(release: Release) -> str:
    status = release.status
    promotion = status.promotion
    parts = [status.message] if status.phase in _BUSY else []
    if promotion is not None and promotion.state is not PromotionState.FOLLOWING:
        parts += [promotion.message] if promotion.message not in status.message or not parts else []
    return " ".join(parts)
