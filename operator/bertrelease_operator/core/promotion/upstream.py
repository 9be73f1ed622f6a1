"""The view of a release for those that follow it."""

from collections.abc import Mapping, Set
from typing import Final

from bertrelease_operator.api.status import BertReleaseStatus, BertRevisionStatus, RevisionVerdict
from bertrelease_operator.core.clipping import one_line
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.observation import RevisionView
from bertrelease_operator.core.promotion.proof import proof_of
from bertrelease_operator.core.promotion.view import UpstreamVersion, UpstreamView

# It may be another server's, and becomes part of messages here.
_LONGEST_MESSAGE: Final = 300


def upstream_view(
    status: BertReleaseStatus, revisions: Mapping[str, RevisionView], unknown: Set[str] = frozenset()
) -> UpstreamView:
    """From what is stored of the release that is followed; `unknown`: versions with contents not known here."""
    versions = {
        version: UpstreamVersion(
            snapshot=revision.spec.snapshot(),
            verdict=revision.status.verdict,
            message=one_line(revision.status.message, _LONGEST_MESSAGE),
            created_at=revision.created_at,
            proof=proof_of(revision.spec.snapshot(), revision.status) if version not in unknown else None,
            proven_since=_proven_since(revision.status) if version == status.stable else None,
            has_unknown_fields=version in unknown,
        )
        for version, revision in revisions.items()
    }
    return UpstreamView(stable=status.stable, versions=versions)


def _proven_since(status: BertRevisionStatus) -> float | None:
    moments = [to_epoch(at) for at in (status.decided_at, status.served_from) if at is not None]
    return max(moments) if moments and status.verdict is RevisionVerdict.PROVEN else None
