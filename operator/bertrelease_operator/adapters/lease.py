"""The Lease object that says which operator writes."""

from dataclasses import dataclass
from typing import Self

from bertrelease_operator.adapters.resources import LEASE
from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.render.metadata import KubeObject


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """What a stored Lease says; `resource_version` is empty for one that is yet to be created."""

    namespace: str
    name: str
    holder: str = ""
    duration_seconds: int = 0
    acquired_at: str = ""
    transitions: int = 0
    resource_version: str = ""

    @classmethod
    def of(cls, obj: KubeObject) -> Self:
        metadata, spec = obj["metadata"], obj.get("spec") or {}
        return cls(
            namespace=metadata["namespace"],
            name=metadata["name"],
            holder=spec.get("holderIdentity") or "",
            duration_seconds=spec.get("leaseDurationSeconds") or 0,
            acquired_at=spec.get("acquireTime") or "",
            transitions=spec.get("leaseTransitions") or 0,
            resource_version=metadata["resourceVersion"],
        )

    def held_by(self, holder: str, duration_seconds: int, now: float) -> KubeObject:
        """The Lease as `holder` takes or renews it at `now` (epoch seconds); empty to give it away."""
        taken = bool(holder) and holder != self.holder
        metadata = {"namespace": self.namespace, "name": self.name}
        if self.resource_version:
            metadata["resourceVersion"] = self.resource_version
        return {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.kind,
            "metadata": metadata,
            "spec": {
                "holderIdentity": holder,
                "leaseDurationSeconds": duration_seconds,
                "acquireTime": to_timestamp(now) if taken or not self.acquired_at else self.acquired_at,
                "renewTime": to_timestamp(now),
                "leaseTransitions": self.transitions + taken,
            },
        }
