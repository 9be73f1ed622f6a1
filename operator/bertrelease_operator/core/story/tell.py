"""Adds to the records of the versions in play what this decision does about them. An idle release adds nothing."""

from typing import Final

from bertrelease_operator.api.status import BertReleaseStatus, BertRevisionStatus
from bertrelease_operator.core.observation import Watch
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.story.bounds import bounded
from bertrelease_operator.core.story.entries import Subject, new_entries
from bertrelease_operator.core.story.recording import begun, continued
from bertrelease_operator.core.watches import watch_of

_NEW: Final = BertRevisionStatus()  # of a version whose record is created by this very decision


def tell(situation: Situation, progress: Progress, status: BertReleaseStatus) -> Progress:
    """`status` is what `progress` amounts to."""
    for version in _in_play(situation, progress):
        record = progress.revisions.get(version, _NEW if version == situation.target else None)
        if record is None:
            continue  # pruned
        judged_by = _watch_before(situation, version)
        new = new_entries(situation, progress, status, Subject(version, situation.evidence(judged_by), record.story))
        known = begun(situation, progress, version, record.recording)
        recording = continued(situation, known, judged_by, decided=bool(new))
        if new or recording is not record.recording:
            story = bounded([*record.story, *new]) if new else record.story
            progress = progress.revised(version, story=story, recording=recording)
    return progress


def _watch_before(situation: Situation, version: str) -> Watch | None:
    """What the decision was made on."""
    before = situation.observation.status
    return watch_of(situation.observation.spec, version, before.rollout, before.stable, before.observation)


def _in_play(situation: Situation, progress: Progress) -> list[str]:
    """Versions on their way or under observation, before or after this decision, and those that it tells of."""
    before = situation.observation.status
    moving = (before.rollout, progress.rollout, before.observation, progress.observation)
    versions = [one.version for one in moving if one is not None]
    return list(dict.fromkeys([*versions, *(event.about for event in progress.events if event.about is not None)]))
