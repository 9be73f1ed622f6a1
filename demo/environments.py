"""Several releases that follow one another, each in a namespace of its own and with users of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from demo.release import GATEWAY, Document, ReleaseClient, release_document
from demo.stage import Stage
from demo.traffic import Traffic
from demo.versions import REPOSITORY, DemoVersion
from devcluster import Cluster


@dataclass(frozen=True, slots=True)
class Environment:
    """One stage of a pipeline."""

    name: str
    stage: Stage
    upstream: str | None  # the namespace whose release is followed; None where versions come in
    follower: str | None  # the namespace that may follow

    @property
    def client(self) -> ReleaseClient:
        return self.stage.client

    @property
    def host(self) -> str:
        return f"{self.name}.example.com"

    def release(self, version: DemoVersion, *, soak_seconds: int, **spec: Any) -> None:
        """Applies `document`."""
        self.stage.apply(self.document(version, soak_seconds=soak_seconds, **spec))

    def document(self, version: DemoVersion, *, soak_seconds: int, **spec: Any) -> Document:
        """At `version` where versions come in; elsewhere whatever upstream has proven for `soak_seconds`."""
        promotion: dict[str, Any] = {"allowedNamespaces": [self.follower]} if self.follower else {}
        if self.upstream is not None:
            source = {"name": self.client.name, "namespace": self.upstream}
            promotion |= {"from": source, "soakSeconds": soak_seconds}
        network = {"hosts": [self.host], "gateways": [GATEWAY]}
        document = release_document(
            version.version, REPOSITORY, self.stage.namespace, network=network, promotion=promotion, **spec
        )
        if self.upstream is not None:
            for comes_with_the_version in ("version", "model", "config"):
                del document["spec"][comes_with_the_version]
        return document

    def traffic(self, rate_per_second: float) -> Traffic:
        return Traffic(self.stage.cluster.gateway_url, self.host, rate_per_second)


def environments(cluster: Cluster, names: Sequence[str], prefix: str) -> list[Environment]:
    """In order; empty namespaces `prefix`-name, each of which may follow the one before."""
    namespaces = [f"{prefix}-{name}" for name in names]
    neighbours = zip(names, namespaces, [None, *namespaces[:-1]], [*namespaces[1:], None], strict=True)
    return [
        Environment(name, Stage.set_up(cluster, namespace), upstream, follower)
        for name, namespace, upstream, follower in neighbours
    ]
