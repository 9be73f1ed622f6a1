"""Which checks the status shows, and whose they are: two versions may be looked at, and one of them taken back."""

from collections.abc import Iterable

from bertrelease_operator.api.status import CheckStatus, ConcludedStatus, Verdict
from bertrelease_operator.core.by_hand import watches_by_hand
from bertrelease_operator.core.observation import Watch
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.watches import observation_watch, rollout_watch


def shown_watch(situation: Situation, progress: Progress) -> Watch | None:
    """The one that people are shown of those that are going on."""
    spec = situation.observation.spec
    watch = rollout_watch(spec, progress.rollout, progress.stable) or observation_watch(progress.observation)
    return watch or next(iter(watches_by_hand(situation, progress)), None)


def shown_checks(situation: Situation, progress: Progress) -> tuple[str | None, list[CheckStatus]]:
    """The version, and figures of what is watched now; if that is nothing, those that the last rollout ended on.

    What a version was rejected for is kept with the version as well, and stays there when something else is watched.
    """
    watch = shown_watch(situation, progress)
    if watch is not None and watch in situation.observation.evidence:
        return _of(watch.subject, situation.evidence(watch).checks)
    before, concluded = situation.observation.status, progress.concluded
    if concluded is None or _is_tried_again(progress, concluded):
        return None, []
    if concluded != before.concluded and progress.verdict_checks:
        return _of(concluded.version, progress.verdict_checks)
    return _of(concluded.version, before.checks if before.checks_of == concluded.version else ())


def failing_checks(situation: Situation, progress: Progress) -> list[CheckStatus]:
    """Of what is watched now."""
    checks = situation.evidence(shown_watch(situation, progress)).checks
    return [check for check in checks if check.verdict is Verdict.FAIL]


def _is_tried_again(progress: Progress, concluded: ConcludedStatus) -> bool:
    """Its figures are those of the attempt before, which this one may end without."""
    return progress.rollout is not None and progress.rollout.version == concluded.version


def _of(version: str, checks: Iterable[CheckStatus]) -> tuple[str | None, list[CheckStatus]]:
    listed = list(checks)
    return version if listed else None, listed
