"""What every component is made of, and what it may know of its cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devcluster.network import Network
from devcluster.paths import ClusterPaths
from devcluster.pki import Pki
from devcluster.readiness import Readiness, api_shows

NODE_NAME = "node-1"
CLUSTER_DOMAIN = "cluster.local"
API_SERVER_PORT = 6443
ADMIN = "admin"


@dataclass(frozen=True)
class Site:
    """One cluster's name, addresses and files: all that a component's configuration depends on."""

    name: str
    network: Network
    paths: ClusterPaths
    bin_dir: Path
    istio: Path  # the files that come with istiod
    pause_archive: Path
    proxy_archive: Path
    envoy: Path

    @property
    def node_address(self) -> str:
        return str(self.network.node_address)

    @property
    def api_url(self) -> str:
        return f"https://{self.node_address}:{API_SERVER_PORT}"

    @property
    def pki(self) -> Pki:
        return Pki(self.paths.pki)

    def program(self, name: str) -> str:
        return str(self.bin_dir / name)

    def api_shows(self, path: str, accept: Callable[[Mapping[str, Any]], str | None]) -> Readiness:
        """Ready when the API server answers a GET of `path`, as the admin, with something to `accept`'s liking."""
        pki = self.pki
        credentials = (pki.certificate(ADMIN), pki.key(ADMIN))
        return api_shows(f"{self.api_url}{path}", ca=pki.ca, credentials=credentials, accept=accept)

    def kubeconfig(self, identity: str) -> Path:
        """The kubeconfig of a component's identity; the admin's is the one for people."""
        return self.paths.kubeconfig if identity == ADMIN else self.paths.config / f"{identity}.kubeconfig"


@dataclass(frozen=True)
class Component:
    """One program of the cluster.

    A service runs until it is stopped, and `ready` tells when it is of use. A one-shot has no `ready`: it does
    its work and ends, and counts as ready when it ended well.
    `needs` names the components that must be ready before this one starts. `files` are written first.
    """

    name: str
    command: tuple[str, ...]
    ready: Readiness | None = None
    needs: tuple[str, ...] = ()
    files: Mapping[Path, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
