"""Which BertRevisions are kept: the proven ones to go back to, and enough of the others to tell what happened."""

from typing import Final

from bertrelease_operator.api.status import RevisionVerdict
from bertrelease_operator.core.capacity import drained, proven_versions
from bertrelease_operator.core.progress import Progress, Situation

# Rejected and unproven versions: forgetting a rejection would let the version be tried again.
KEPT_UNPROVEN: Final = 20


def versions_to_prune(situation: Situation, progress: Progress) -> tuple[str, ...]:
    """The oldest ones beyond what is kept; never what is in use, asked for, or still has traffic."""
    observation = situation.observation
    in_use = {progress.stable, situation.target, observation.spec.version}
    if progress.rollout is not None:
        in_use.add(progress.rollout.version)
    if progress.observation is not None:
        in_use |= {progress.observation.version, progress.observation.previous}
    in_use |= {share.version for share in observation.spec.traffic}
    surplus = proven_versions(progress, in_use)[observation.spec.history.keep :]
    others = sorted(
        (
            (view.created_at, version)
            for version, view in observation.revisions.items()
            if version not in in_use and progress.verdict(version) is not RevisionVerdict.PROVEN
        ),
        reverse=True,
    )
    surplus += [version for _, version in others[KEPT_UNPROVEN:]]
    return tuple(sorted(version for version in surplus if drained(situation, version)))
