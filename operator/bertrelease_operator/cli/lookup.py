"""Finds the release that a person means, or says what there is instead."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from bertrelease_operator.cli.cluster import Cluster
from bertrelease_operator.cli.errors import CliError, NotFoundError
from bertrelease_operator.cli.objects import Manifest, Release, Revision

_SUGGESTIONS: Final = 5
_LIKENESS: Final = 0.5  # of difflib's ratio, 0 to 1


def find_release(cluster: Cluster, namespace: str, name: str) -> Release:
    """Raises NotFoundError with names that it could have been."""
    try:
        return Release.of(cluster.release(namespace, name))
    except NotFoundError as error:
        raise NotFoundError(f"{error}. {_instead(cluster, namespace, name)}") from error


def revisions_of(cluster: Cluster, release: Release) -> list[Revision]:
    return [Revision.of(manifest) for manifest in cluster.revisions(release.namespace, release.name)]


def revision_of(release: Release, revisions: Sequence[Revision], version: str) -> Revision:
    """Raises CliError with the versions that there are."""
    found = next((revision for revision in revisions if revision.version == version), None)
    if found is None:
        known = ", ".join(sorted(revision.version for revision in revisions)) or "none"
        raise CliError(f"{release.name} has no record of {version}. On record: {known}")
    return found


def _instead(cluster: Cluster, namespace: str, name: str) -> str:
    names = [manifest["metadata"]["name"] for manifest in _permitted(cluster, namespace)]
    similar = get_close_matches(name, names, n=_SUGGESTIONS, cutoff=_LIKENESS)
    if similar:
        return f"Did you mean {' or '.join(similar)}?"
    elsewhere = _namespaces_with(_permitted(cluster, None), name)
    if elsewhere:
        return f"There is one in namespace {' and '.join(elsewhere)}: add -n {elsewhere[0]}."
    if names:
        return f"There are: {', '.join(sorted(names)[:_SUGGESTIONS])}."
    return "See what there is: kubectl bert status -A"


def _namespaces_with(manifests: Sequence[Manifest], name: str) -> list[str]:
    return sorted(
        manifest["metadata"]["namespace"] for manifest in manifests if manifest["metadata"]["name"] == name
    )[:_SUGGESTIONS]  # fmt: skip


def _permitted(cluster: Cluster, namespace: str | None) -> list[Manifest]:
    """Suggestions are a courtesy: without the permission for them there are none."""
    try:
        return cluster.releases(namespace)
    except CliError:
        return []
