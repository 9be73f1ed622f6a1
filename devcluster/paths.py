"""Where things lie: the cache that outlives clusters, and the state that goes with one."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from devcluster.errors import DevClusterError

NAME_PATTERN = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?")


def cache_dir() -> Path:
    """`$BERTRELEASE_CACHE`, else `bertrelease` under the user's cache directory."""
    if explicit := os.environ.get("BERTRELEASE_CACHE"):
        return Path(explicit).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bertrelease"


def state_root() -> Path:
    """`$DEVCLUSTER_STATE`, else `/var/lib/devcluster`; it must be able to hold overlay mounts."""
    return Path(os.environ.get("DEVCLUSTER_STATE") or "/var/lib/devcluster").absolute()


def check_name(name: str) -> str:
    """Return `name`, or raise DevClusterError: it becomes part of cgroup, namespace and file names."""
    if not NAME_PATTERN.fullmatch(name):
        raise DevClusterError(
            f"the cluster name {name!r} does not fit: use up to 20 lower-case letters, digits and dashes, "
            "a letter first, for example `dev`"
        )
    return name


@dataclass(frozen=True)
class ClusterPaths:
    """The files of one cluster; everything under `root` goes away with it."""

    root: Path

    @classmethod
    def of(cls, name: str) -> ClusterPaths:
        return cls(state_root() / check_name(name))

    @property
    def settings(self) -> Path:
        return self.root / "cluster.json"

    @property
    def kubeconfig(self) -> Path:
        return self.root / "kubeconfig"

    @property
    def pki(self) -> Path:
        return self.root / "pki"

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def processes(self) -> Path:
        return self.root / "processes"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def mount_namespace(self) -> Path:
        return self.root / "namespaces" / "mnt"

    @property
    def containerd_socket(self) -> Path:
        """The socket as the host sees it; the private /run/containerd of the cluster is this directory."""
        return self.data / "run-containerd" / "containerd.sock"

    def log(self, component: str) -> Path:
        return self.logs / f"{component}.log"
