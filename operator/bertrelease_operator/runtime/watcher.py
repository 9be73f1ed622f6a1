"""Gathers evidence: one task for each release that has something to be watched, none for all others."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from bertrelease_operator.adapters.source import PodTarget, Question, Source
from bertrelease_operator.api.health import Health, SourceKind
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.evidence.gather import EvidenceState, advance
from bertrelease_operator.core.evidence.judge import judge
from bertrelease_operator.core.evidence.readings import Look
from bertrelease_operator.core.observation import EvidenceView, Watch
from bertrelease_operator.runtime.logs import about
from bertrelease_operator.runtime.records import ReleaseKey

logger = logging.getLogger(__name__)

# How often newer figures alone are worth a look at the release.
FIGURES_SECONDS: Final = 5.0

# Under suspicion pods are looked at this much more often: a second of waiting for the last proof costs users more than
# a few scrapes. The tests are valid at every look, so that more looks do no harm.
_SUSPECTED_SHARE: Final = 0.2

LookObserver = Callable[[SourceKind, Look | None, float], None]
TargetFinder = Callable[[ReleaseKey, Iterable[str]], tuple[PodTarget, ...]]


class EvidenceListener(Protocol):
    def __call__(self, release: ReleaseKey, /, *, urgent: bool) -> None: ...


@dataclass(slots=True)
class _Watched:
    """One release under watch."""

    health: Health
    states: dict[Watch, EvidenceState] = field(default_factory=dict)
    verdicts: dict[Watch, tuple[Verdict, ...]] = field(default_factory=dict)
    told_at: float = 0.0
    task: asyncio.Task[None] | None = None


class EvidenceWatcher:
    """Follows what decisions ask to be watched. A watch of a new epoch, or of another source, starts from zero."""

    def __init__(
        self,
        sources: Mapping[SourceKind, Source],
        find_targets: TargetFinder,
        on_evidence: EvidenceListener,
        observe_look: LookObserver,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sources = sources
        self._find_targets = find_targets
        self._on_evidence = on_evidence
        self._observe_look = observe_look
        self._now = now
        self._sleep = sleep
        self._releases: dict[ReleaseKey, _Watched] = {}

    def want(self, key: ReleaseKey, watches: Iterable[Watch], health: Health) -> None:
        """From now on exactly `watches`; none ends the release's task. What goes on keeps its evidence."""
        wanted = tuple(watches)
        if not wanted:
            self.forget(key)
            return
        known = self._releases.setdefault(key, _Watched(health))
        if not _same_figures(known.health, health):
            known.states = {}
        known.health = health
        known.states = {watch: known.states.get(watch, EvidenceState()) for watch in wanted}
        # A task that is done was ended by what `_look` cannot catch; without one nothing bad is ever found.
        if known.task is None or known.task.done():
            known.task = asyncio.create_task(self._watch(key, known), name=f"evidence of {key[0]}/{key[1]}")

    def forget(self, key: ReleaseKey) -> None:
        watched = self._releases.pop(key, None)
        if watched is not None and watched.task is not None:
            watched.task.cancel()

    def stop(self) -> None:
        for key in [*self._releases]:
            self.forget(key)

    def evidence(self, key: ReleaseKey, now: float) -> dict[Watch, EvidenceView]:
        """What has been gathered so far, judged at `now` (epoch seconds)."""
        watched = self._releases.get(key)
        if watched is None:
            return {}
        return {
            watch: judge(state, watch, watch.health or watched.health, now) for watch, state in watched.states.items()
        }

    @property
    def active(self) -> int:
        """Releases under watch."""
        return len(self._releases)

    async def _watch(self, key: ReleaseKey, watched: _Watched) -> None:
        due = self._now()
        while True:
            for watch in [*watched.states]:
                await self._look(key, watched, watch)
            due = max(due + self._judged(key, watched), self._now())
            await self._sleep(due - self._now())

    def _judged(self, key: ReleaseKey, watched: _Watched) -> float:
        """Tells what the looks amount to. Returns the seconds until the next ones."""
        try:
            views = self.evidence(key, self._now())
            self._tell(key, watched, views)
        except Exception:
            # The next looks may bring what can be judged; a watch that ends would never find a bad version again.
            logger.exception("evidence could not be judged", extra=about(*key))
            views = {}
        return _interval_seconds(watched.health, views)

    async def _look(self, key: ReleaseKey, watched: _Watched, watch: Watch) -> None:
        kind, health = watched.health.source.kind, watch.health or watched.health
        started = time.monotonic()
        look = None
        try:
            look = await self._sources[kind].look(self._question(key, watched, watch, health))
        except Exception:
            # The watch must outlive any fault of a source; without looks the evidence turns into SourceDown.
            logger.exception("a look failed", extra=about(*key, version=watch.subject))
        if look is not None and _same_figures(watched.health, health) and not _counted(key, watched, watch, look):
            look = None
        self._observe_look(kind, look, time.monotonic() - started)

    def _question(self, key: ReleaseKey, watched: _Watched, watch: Watch, health: Health) -> Question:
        versions = [watch.subject] + ([watch.baseline] if watch.baseline is not None else [])
        return Question(
            namespace=key[0],
            release=key[1],
            subject=watch.subject,
            baseline=watch.baseline,
            targets=self._find_targets(key, versions),
            health=health,
            cursors=_cursors(watched.states.get(watch), watch, health),
        )

    def _tell(self, key: ReleaseKey, watched: _Watched, views: Mapping[Watch, EvidenceView]) -> None:
        """Wakes the release when a verdict changed, at once when it is Fail, and now and then for newer figures."""
        now = self._now()
        verdicts = {watch: (view.verdict, *(check.verdict for check in view.checks)) for watch, view in views.items()}
        failed = any(view.verdict is Verdict.FAIL for view in views.values())
        if failed or verdicts != watched.verdicts or now - watched.told_at >= FIGURES_SECONDS:
            watched.verdicts, watched.told_at = verdicts, now
            self._on_evidence(key, urgent=failed)


def _counted(key: ReleaseKey, watched: _Watched, watch: Watch, look: Look) -> bool:
    """Whether `look` could be added to what was gathered."""
    state = watched.states.get(watch)
    if state is None:
        return True
    try:
        watched.states[watch] = advance(state, watch, look, watch.health or watched.health)
    except Exception:
        # What does not fit the last look would not fit the next one either, and nothing bad would be found again.
        logger.exception(
            "a look could not be counted; its evidence begins anew", extra=about(*key, version=watch.subject)
        )
        watched.states[watch] = EvidenceState()
        return False
    return True


def _same_figures(one: Health, other: Health) -> bool:
    """Whether both are about the same counters: another source has counted since another time, in other buckets."""
    return (one.source.kind, one.source.metrics) == (other.source.kind, other.source.metrics)


def _cursors(state: EvidenceState | None, watch: Watch, health: Health) -> Mapping[str, str] | None:
    """Up to where the answers of each pod are known; None where answers are not compared."""
    if state is None or health.prediction_drift is None or watch.baseline is None:
        return None
    return state.predictions.cursors


def _interval_seconds(health: Health, views: Mapping[Watch, EvidenceView]) -> float:
    """Until the next look; Prometheus has its own pace of scraping, which asking more often does not change."""
    suspected = health.source.kind is SourceKind.PODS and any(view.suspected for view in views.values())
    return health.source.interval_seconds * (_SUSPECTED_SHARE if suspected else 1.0)
