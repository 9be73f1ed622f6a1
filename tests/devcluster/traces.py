"""What a cluster leaves on the machine, wherever it could."""

from __future__ import annotations

from pathlib import Path

from devcluster import cgroups
from devcluster.commands import run
from devcluster.network import Network, namespace_path
from devcluster.paths import ClusterPaths


def traces(name: str, network: Network) -> dict[str, object]:
    """The kinds of traces that exist; empty when the cluster has left nothing."""
    paths = ClusterPaths.of(name)
    found = {
        "processes": [pid for pid in _pids() if _mentions(pid, str(paths.root))],
        "cgroups": [str(path) for root in cgroups.hierarchies() for path in root.glob(cgroups.group_name(name))],
        "network namespace": namespace_path(name).exists(),
        "link": network.host_link in run(["ip", "-brief", "link"]),
        "routes": [line for line in run(["ip", "route"]).splitlines() if str(network.cidr) in line],
        "mounts": [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(paths.root) in line],
        "state": paths.root.exists(),
    }
    return {kind: trace for kind, trace in found.items() if trace}


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _mentions(pid: int, text: str) -> bool:
    try:
        return text in Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
