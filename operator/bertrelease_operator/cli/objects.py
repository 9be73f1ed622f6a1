"""The cluster's objects as the plugin reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import ValidationError

from bertrelease_operator.api.names import ANNOTATION_COMMAND, LABEL_VERSION
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.status import BertReleaseStatus, BertRevisionStatus
from bertrelease_operator.cli.errors import CliError

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Release:
    """A BertRelease."""

    namespace: str
    name: str
    created_at: str
    generation: int
    command: str | None  # annotation bertrelease.io/command
    spec: BertReleaseSpec
    status: BertReleaseStatus

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        """Raises CliError if the object does not have the schema that this plugin was made for."""
        metadata = manifest["metadata"]
        try:
            spec = BertReleaseSpec.model_validate(manifest.get("spec", {}), extra="ignore")
            status = BertReleaseStatus.model_validate(manifest.get("status", {}), extra="ignore")
        except ValidationError as error:
            raise _unreadable("BertRelease", metadata["name"], error) from error
        return cls(
            namespace=metadata["namespace"],
            name=metadata["name"],
            created_at=metadata["creationTimestamp"],
            generation=metadata.get("generation", 0),
            command=metadata.get("annotations", {}).get(ANNOTATION_COMMAND),
            spec=spec,
            status=status,
        )


@dataclass(frozen=True, slots=True)
class Revision:
    """A BertRevision."""

    created_at: str
    spec: BertRevisionSpec
    status: BertRevisionStatus

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        """Raises CliError if the object does not have the schema that this plugin was made for."""
        metadata = manifest["metadata"]
        try:
            spec = BertRevisionSpec.model_validate(manifest.get("spec", {}), extra="ignore")
            status = BertRevisionStatus.model_validate(manifest.get("status", {}), extra="ignore")
        except ValidationError as error:
            raise _unreadable("BertRevision", metadata["name"], error) from error
        return cls(created_at=metadata["creationTimestamp"], spec=spec, status=status)

    @property
    def version(self) -> str:
        return self.spec.version


@dataclass(frozen=True, slots=True)
class Capacity:
    """Pods of one version's Deployment."""

    wanted: int = 0
    ready: int = 0


def capacities(deployments: list[Manifest]) -> dict[str, Capacity]:
    """By version; Deployments without the version's label are not ours."""
    found = {}
    for deployment in deployments:
        version = deployment["metadata"].get("labels", {}).get(LABEL_VERSION)
        if version is not None:
            wanted = deployment.get("spec", {}).get("replicas", 1)
            found[version] = Capacity(wanted, deployment.get("status", {}).get("readyReplicas", 0))
    return found


def _unreadable(kind: str, name: str, error: ValidationError) -> CliError:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return CliError(
        f"cannot read {kind} {name}: {where}: {first['msg']}. "
        f"The cluster's CRDs and this plugin may be of different releases; install the plugin of the same release."
    )
