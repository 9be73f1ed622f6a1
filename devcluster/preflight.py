"""Does this machine have what a cluster needs? Each lack is named together with its remedy."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from devcluster import cgroups
from devcluster.commands import run
from devcluster.debian import missing_packages
from devcluster.errors import DevClusterError, PreflightError

V1_CONTROLLERS = frozenset({"cpu", "cpuacct", "cpuset", "memory", "pids"})
V2_CONTROLLERS = frozenset({"cpu", "cpuset", "memory", "pids"})

# Each runs in fresh network and mount namespaces, and so leaves nothing behind.
KERNEL_TRIALS = {
    "ip link add probe0 type veth": "veth links (module veth)",
    "iptables -t nat -A OUTPUT -p tcp -m comment --comment x -m statistic --mode random --probability 0.5 "
    "-j DNAT --to-destination 127.0.0.1:1": "iptables DNAT with statistic matches (modules xt_nat, xt_statistic)",
    "iptables -A INPUT -m conntrack --ctstate NEW -j MARK --set-mark 1 -t mangle":
        "iptables conntrack and MARK (modules xt_conntrack, xt_mark)",
}  # fmt: skip


def _controllers() -> frozenset[str]:
    if cgroups.is_version_2():
        return frozenset((cgroups.CGROUP_ROOT / "cgroup.controllers").read_text().split())
    return frozenset(
        name for path in cgroups.CGROUP_ROOT.glob("*/cgroup.procs") for name in path.parent.name.split(",")
    )


@dataclass(frozen=True)
class Machine:
    """What the checks look at; a test hands in another machine than the one it runs on."""

    user_id: int = field(default_factory=os.geteuid)
    system: str = field(default_factory=platform.system)
    os_release: str = field(default_factory=lambda: _read("/etc/os-release"))
    file_systems: str = field(default_factory=lambda: _read("/proc/filesystems"))
    controllers: frozenset[str] = field(default_factory=_controllers)
    cgroup_version: int = field(default_factory=lambda: 2 if cgroups.is_version_2() else 1)


def check_system(machine: Machine) -> list[str]:
    """What even `build` needs: Debian, and root."""
    missing = []
    if machine.system != "Linux" or "debian" not in machine.os_release:
        missing.append(
            "it is not Debian (or a derivative): run the dev cluster on Debian 12 or newer, "
            "for example in a virtual machine"
        )
    if machine.user_id != 0:
        missing.append("you are not root: run the command with sudo, or in a root shell")
    return missing


def check_kernel(machine: Machine) -> list[str]:
    """What the kernel must offer to `up`."""
    missing = []
    if "overlay" not in machine.file_systems:
        missing.append("the kernel has no overlay file system: run `modprobe overlay`")
    wanted = V2_CONTROLLERS if machine.cgroup_version == 2 else V1_CONTROLLERS
    if absent := sorted(wanted - machine.controllers):
        missing.append(
            f"the cgroup controllers {', '.join(absent)} are not mounted under /sys/fs/cgroup: "
            "mount them, or start the container with --cgroupns=host and --privileged"
        )
    return missing


def check_trials(attempt: Callable[[str], str | None]) -> Iterator[str]:
    """What a trial shows; `attempt` runs a shell command and returns what went wrong, None for success."""
    if reason := attempt("true"):
        yield f"network and mount namespaces cannot be made ({reason}): run with CAP_SYS_ADMIN and CAP_NET_ADMIN"
        return
    for command, feature in KERNEL_TRIALS.items():
        if reason := attempt(command):
            yield f"the kernel lacks {feature} ({reason}): load the modules or use Debian's own kernel"


def check_state_directory(directory: Path, obstacle: str | None) -> list[str]:
    """Whether overlay mounts can have their upper layer there; on another overlay, as in a container, not."""
    if obstacle is None:
        return []
    return [
        f"the file system of {directory} cannot hold overlay mounts ({obstacle}): "
        "set DEVCLUSTER_STATE to a directory on ext4 or xfs"
    ]


def overlay_obstacle(directory: Path) -> str | None:
    """Try an overlay mount in `directory`, or the nearest parent that exists; None when it works."""
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    layers = f"d=$(mktemp -d -p {existing}); trap 'rm -rf $d' EXIT; mkdir $d/l $d/u $d/w $d/m"
    mount = "mount -t overlay overlay -o lowerdir=$d/l,upperdir=$d/u,workdir=$d/w $d/m; umount $d/m"
    return _attempt(f"{layers}; {mount}")


def require_system() -> None:
    """Raises PreflightError when `build` cannot work here."""
    _raise_if(check_system(Machine()))


def require_machine(state_directory: Path) -> None:
    """Raises PreflightError when `up` cannot work here."""
    machine = Machine()
    _raise_if(check_system(machine))
    if packages := missing_packages():
        _raise_if([f"the Debian packages {', '.join(packages)} are missing: run `python -m devcluster build`"])
    missing = check_kernel(machine)
    missing += check_trials(_attempt)
    missing += check_state_directory(state_directory, overlay_obstacle(state_directory))
    _raise_if(missing)


def _raise_if(missing: list[str]) -> None:
    if missing:
        raise PreflightError(missing)


def _attempt(command: str) -> str | None:
    try:
        run(["unshare", "--mount", "--net", "sh", "-ec", command])
    except DevClusterError as error:
        return str(error).strip().splitlines()[-1].strip()
    return None


def _read(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""
