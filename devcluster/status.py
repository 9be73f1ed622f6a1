"""How a cluster is doing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from devcluster import cgroups
from devcluster.components import Profile
from devcluster.components.base import Component, Site
from devcluster.launcher import Launcher

MIB = 1024 * 1024


@dataclass(frozen=True)
class ComponentStatus:
    """`pid` and `memory_mib` (resident) are None unless it runs."""

    name: str
    state: Literal["running", "stopped"]
    pid: int | None
    memory_mib: float | None
    log: str


@dataclass(frozen=True)
class ClusterStatus:
    """What `status` shows; `memory_mib` covers the pods as well."""

    name: str
    is_up: bool
    profile: Profile | None
    node_address: str | None
    memory_mib: float
    components: tuple[ComponentStatus, ...]

    @classmethod
    def absent(cls, name: str) -> ClusterStatus:
        return cls(name=name, is_up=False, profile=None, node_address=None, memory_mib=0.0, components=())


def describe(site: Site, profile: Profile, components: Iterable[Component], launcher: Launcher) -> ClusterStatus:
    services = tuple(_component_status(component.name, launcher) for component in components if component.ready)
    return ClusterStatus(
        name=site.name,
        is_up=all(service.state == "running" for service in services),
        profile=profile,
        node_address=site.node_address,
        memory_mib=round(cgroups.memory_bytes(site.name) / MIB, 1),
        components=services,
    )


def _component_status(name: str, launcher: Launcher) -> ComponentStatus:
    record = launcher.running(name)
    return ComponentStatus(
        name=name,
        state="running" if record else "stopped",
        pid=record.pid if record else None,
        memory_mib=_resident_mib(record.pid) if record else None,
        log=str(launcher.log(name)),
    )


def _resident_mib(pid: int) -> float | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return None
    kib = next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)
    return round(kib / 1024, 1)
