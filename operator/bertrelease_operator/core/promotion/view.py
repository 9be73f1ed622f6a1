"""What is known of the release that is followed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bertrelease_operator.api.promotion import Proof
from bertrelease_operator.api.status import RevisionVerdict
from bertrelease_operator.api.workload import Snapshot


@dataclass(frozen=True, slots=True)
class UpstreamVersion:
    """One version there, and what became of it."""

    snapshot: Snapshot
    verdict: RevisionVerdict
    message: str  # why that verdict
    created_at: float
    proof: Proof | None  # what exactly ran there; None while part of it is not known
    proven_since: float | None  # since when it has been proven and stable without a break; None if it is not
    has_unknown_fields: bool = False  # in its config or model; what is known of them is not what was proven


@dataclass(frozen=True, slots=True)
class UpstreamView:
    """`problem`: why it cannot be read, in a person's words; then nothing else is known of it."""

    problem: str = ""
    stable: str | None = None
    versions: Mapping[str, UpstreamVersion] = field(default_factory=dict)

    def is_older(self, version: str, than: str | None) -> bool:
        """Whether both were recorded there, and `version` before `than`."""
        first, second = self.versions.get(version), self.versions.get(than) if than is not None else None
        return first is not None and second is not None and first.created_at < second.created_at
