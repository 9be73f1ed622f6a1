"""What all children have in common: names, labels, and who owns them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bertrelease_operator.api.names import (
    GROUP_VERSION,
    LABEL_MANAGED_BY,
    LABEL_RELEASE,
    LABEL_VERSION,
    MANAGED_BY,
    child_name,
)

KubeObject = dict[str, Any]

APPLICATION: Final = "bert-server"


@dataclass(frozen=True, slots=True)
class Owner:
    """The BertRelease or BertRevision with which a child is deleted; children live in its namespace."""

    kind: str
    name: str
    namespace: str
    uid: str


def release_labels(release: str) -> dict[str, str]:
    """Of what belongs to the release as a whole. Without a version: what has one counts as that version's."""
    return {
        "app.kubernetes.io/name": APPLICATION,
        "app.kubernetes.io/instance": release,
        LABEL_MANAGED_BY: MANAGED_BY,
        LABEL_RELEASE: release,
    }


def version_labels(release: str, version: str) -> dict[str, str]:
    """Of what belongs to one version, its pods included."""
    return {
        **release_labels(release),
        "app.kubernetes.io/version": version,
        LABEL_VERSION: version,
    }


def pod_selector(release: str, version: str) -> dict[str, str]:
    """Selects the version's pods; part of the identity of a Deployment, so it must never change."""
    return {LABEL_RELEASE: release, LABEL_VERSION: version}


def owned_metadata(
    owner: Owner, name: str, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """`metadata` of an object that goes when `owner` goes, without keeping `owner` from going."""
    reference = {
        "apiVersion": GROUP_VERSION,
        "kind": owner.kind,
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
    }
    return without_empty(
        {
            "name": name,
            "namespace": owner.namespace,
            "labels": dict(labels),
            "annotations": dict(annotations or {}),
            "ownerReferences": [reference],
        }
    )


def version_metadata(owner: Owner, release: str, version: str) -> dict[str, Any]:
    """`metadata` of a child of one version; they all have the same name."""
    return owned_metadata(owner, child_name(release, version), version_labels(release, version))


def without_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` without those that say nothing: the API server would not store them. 0 and False do say something."""
    return {name: value for name, value in fields.items() if value not in (None, "", {}, [])}
