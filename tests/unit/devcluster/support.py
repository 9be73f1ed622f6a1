"""A cluster's site with made-up files."""

from __future__ import annotations

from pathlib import Path

from devcluster.components.base import Site
from devcluster.network import Network
from devcluster.paths import ClusterPaths


def site(root: Path, name: str = "t-unit", block: int = 150) -> Site:
    return Site(
        name=name,
        network=Network(block),
        paths=ClusterPaths(root / name),
        bin_dir=root / "bin",
        istio=root / "istio",
        pause_archive=root / "pause.tar",
        proxy_archive=root / "proxy.tar",
        envoy=root / "envoy",
    )
