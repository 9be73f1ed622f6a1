"""Which rejections the release's status tells of.

A verdict is written before that status, so one may stand in its record alone: the operator died in between, or somebody
edited the release in that moment. A rollout or an observation that it ended is in the status still, and is ended again;
of a share by a person's own weights nothing is left to end.
"""

from collections.abc import Mapping

from bertrelease_operator.api.status import BertRevisionStatus, RevisionVerdict
from bertrelease_operator.core.observation import Observation
from bertrelease_operator.core.progress import Progress, Situation


def rejections(revisions: Mapping[str, BertRevisionStatus]) -> dict[str, int]:
    """Attempts by version."""
    return {
        version: status.attempt
        for version, status in sorted(revisions.items())
        if status.verdict is RevisionVerdict.REJECTED
    }


def told_rejections(observation: Observation) -> Mapping[str, int]:
    """As the status has them; where it comes from an operator that did not keep them, all that there are."""
    if observation.status.rejected is not None:
        return observation.status.rejected
    return rejections({version: view.status for version, view in observation.revisions.items()})


def tell_late(situation: Situation, progress: Progress) -> Progress:
    """Says again what was decided with a verdict that was written, and a status that was not."""
    told = told_rejections(situation.observation)
    for version, attempt in rejections(progress.revisions).items():
        if told.get(version) == attempt or any(event.about == version for event in progress.events):
            continue
        status = progress.revisions[version]
        progress = progress.judged(
            version, RevisionVerdict.REJECTED, status.reason, status.message, situation.now
        ).told(status.reason, status.message, warning=True, about=version)
    return progress
