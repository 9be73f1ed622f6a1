"""The control groups of a cluster: what contains all its processes, and lets `down` find every one.

Under version 1 each controller is a hierarchy of its own; under version 2 there is one. A cluster has one
group `devcluster-<name>` in each, with a child `system` for the components; kubelet puts the pods beside it.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path

from devcluster.errors import DevClusterError

CGROUP_ROOT = Path("/sys/fs/cgroup")
# Kubelet wants each of these in its own group if the machine has it.
V2_CONTROLLERS = frozenset({"cpu", "cpuset", "hugetlb", "io", "memory", "pids"})
KILL_TIMEOUT_SECONDS = 15.0


def group_name(cluster: str) -> str:
    return f"devcluster-{cluster}"


def hierarchies() -> list[Path]:
    """The mounted hierarchies: one under version 2, one per controller set under version 1."""
    if is_version_2():
        return [CGROUP_ROOT]
    return sorted({path.parent.resolve() for path in CGROUP_ROOT.glob("*/cgroup.procs")})


def is_version_2() -> bool:
    return (CGROUP_ROOT / "cgroup.controllers").exists()


def create(cluster: str) -> None:
    """Make the cluster's groups; does nothing when they are there."""
    if is_version_2():
        _delegate(CGROUP_ROOT)
    for group in _groups(cluster):
        group.mkdir(exist_ok=True)
        _inherit_cpuset(group)
        if is_version_2():
            _delegate(group)
        (group / "system").mkdir(exist_ok=True)
        _inherit_cpuset(group / "system")


def system_procs_files(cluster: str) -> list[Path]:
    """The files to which a component writes its pid before it starts."""
    return [group / "system" / "cgroup.procs" for group in _groups(cluster)]


def memory_bytes(cluster: str) -> int:
    """What the cluster's processes hold in memory, file cache that can be dropped left out."""
    if is_version_2():
        group, usage, inactive = CGROUP_ROOT / group_name(cluster), "memory.current", "inactive_file"
    else:
        group, usage = CGROUP_ROOT / "memory" / group_name(cluster), "memory.usage_in_bytes"
        inactive = "total_inactive_file"
    try:
        used = int((group / usage).read_text())
        statistics = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    except FileNotFoundError:
        return 0
    return used - int(statistics.get(inactive, 0))


def member_pids(cluster: str) -> set[int]:
    """Every process in the cluster's groups: components, container shims, and what runs in pods."""
    pids: set[int] = set()
    for group in _groups(cluster):
        for procs in group.glob("**/cgroup.procs"):
            try:
                pids.update(int(line) for line in procs.read_text().split())
            except OSError:
                continue  # a pod's group that went away while we looked
    return pids


def kill_members(cluster: str) -> None:
    """Kill every process in the cluster's groups, again and again until none is left.

    Raises DevClusterError when one survives for 15 s.
    """
    deadline = time.monotonic() + KILL_TIMEOUT_SECONDS
    while pids := member_pids(cluster):
        for pid in pids:
            _kill(pid)
        if time.monotonic() > deadline:
            raise DevClusterError(
                f"the processes {sorted(pids)} of the cluster {cluster!r} survive SIGKILL; "
                "look at /proc/PID/stack, then run `down` again"
            )
        time.sleep(0.02)


def remove(cluster: str) -> None:
    """Remove the cluster's groups, the innermost first; they must be empty of processes.

    Raises OSError when the kernel still holds one after 15 s.
    """
    for group in _groups(cluster):
        for directory in sorted(group.glob("**/"), key=lambda path: len(path.parts), reverse=True):
            _remove_directory(directory)


def _remove_directory(directory: Path) -> None:
    # The kernel holds a group for a moment after its last process has ended.
    deadline = time.monotonic() + KILL_TIMEOUT_SECONDS
    while True:
        try:
            directory.rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _groups(cluster: str) -> list[Path]:
    return [hierarchy / group_name(cluster) for hierarchy in hierarchies()]


def _delegate(group: Path) -> None:
    """Version 2: let the children of the group have controllers."""
    available = V2_CONTROLLERS.intersection((group / "cgroup.controllers").read_text().split())
    (group / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in sorted(available)))


def _inherit_cpuset(group: Path) -> None:
    # Version 1 starts a cpuset empty, and refuses processes until it has both.
    if is_version_2():
        return
    for name in ("cpuset.cpus", "cpuset.mems"):
        if (group / name).exists():
            (group / name).write_text((group.parent / name).read_text())


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
        # Only our own children need this; anyone else's are reaped by their parent.
        os.waitpid(pid, os.WNOHANG)
    except (ProcessLookupError, ChildProcessError):
        pass
