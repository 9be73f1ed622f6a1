"""BertRevision: the record of one version, created once and never changed."""

from typing import Self

from pydantic import Field

from bertrelease_operator.api.promotion import Proof
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.version import MAX_RELEASE_NAME, Version
from bertrelease_operator.api.workload import Snapshot


class BertRevisionSpec(Snapshot):
    """The whole snapshot of a version."""

    release: str = Field(max_length=MAX_RELEASE_NAME, description="Name of the BertRelease that it belongs to.")
    version: Version
    promoted_from: str | None = Field(
        default=None, max_length=512, description="The release that it was adopted from, if it was."
    )
    proof: Proof | None = Field(default=None, description="What that release proved; the pods must show the same.")

    @classmethod
    def of(cls, release_name: str, spec: BertReleaseSpec) -> Self:
        """The record that `spec` makes for its version. Raises ValueError if it leaves version or model open."""
        fields = {name: getattr(spec, name) for name in ("version", *Snapshot.model_fields)}
        return cls(release=release_name, **fields)

    def snapshot(self) -> Snapshot:
        """The version-bound part alone, for comparison with a spec."""
        return Snapshot(**{name: getattr(self, name) for name in Snapshot.model_fields})
