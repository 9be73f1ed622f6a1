"""What the operator needs of a Kubernetes API server."""

from typing import Protocol

from bertrelease_operator.adapters.resources import ResourceType
from bertrelease_operator.render.metadata import KubeObject


class Cluster(Protocol):
    """Every method raises a `ClusterError`; those that write may also raise `NotLeaderError`."""

    async def serves(self, resource: ResourceType) -> bool:
        """Whether the API server knows the kind at all: its CRD may not be installed."""

    async def list(self, resource: ResourceType, namespace: str | None = None) -> list[KubeObject]:
        """All objects that the resource's label selector selects."""

    async def get(self, resource: ResourceType, namespace: str, name: str) -> KubeObject: ...

    async def apply(self, obj: KubeObject, *, resource_version: str | None = None) -> KubeObject:
        """Server-side apply of all that is ours in `obj`; returns the object as stored.

        With `resource_version`, only if the object still has it (else `ConflictError`).
        """

    async def merge(self, obj: KubeObject, *, subresource: str | None = None) -> KubeObject:
        """JSON merge patch (RFC 7386) by `obj`: lists as a whole, whoever wrote their items; returns what is stored.

        If `obj` names a resourceVersion, only if the object still has it (else `ConflictError`).
        """

    async def create(self, obj: KubeObject) -> KubeObject: ...

    async def replace(self, obj: KubeObject) -> KubeObject:
        """Only if the object still has the resourceVersion that `obj` names (else `ConflictError`)."""

    async def delete(self, resource: ResourceType, namespace: str, name: str, *, uid: str) -> None:
        """Only the object with this `uid`; one that is gone already is fine."""
