"""The BertRevision that records a version."""

from bertrelease_operator.api.names import GROUP_VERSION, REVISION_KIND
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.render.metadata import KubeObject, Owner, version_metadata


def render_revision(release: Owner, record: BertRevisionSpec) -> KubeObject:
    """With every default stated, so that it still means the same when a default changes."""
    return {
        "apiVersion": GROUP_VERSION,
        "kind": REVISION_KIND,
        "metadata": version_metadata(release, record.release, record.version),
        "spec": record.model_dump(mode="json", by_alias=True, exclude_none=True),
    }
