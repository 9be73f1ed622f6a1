"""How many CPUs this process may really use: a container's quota, not the machine's cores."""

import math
import os
from collections.abc import Iterator
from pathlib import Path


def usable_cpus(proc: Path = Path("/proc/self"), cgroup_mount: Path = Path("/sys/fs/cgroup")) -> int:
    """The smaller of CPU affinity and cgroup quota (v1 and v2), at least 1.

    A fraction is rounded down: a thread more than the quota pays for is throttled in every period, and an inference
    waits for its slowest thread.
    """
    quotas = (_quota(directory) for directory in _groups(proc, cgroup_mount))
    limits = [math.floor(quota) for quota in quotas if quota is not None]
    return max(1, min([len(os.sched_getaffinity(0)), *limits]))


def _groups(proc: Path, mount: Path) -> Iterator[Path]:
    """The process's control group and those above it, in whichever hierarchies rule CPU time (cgroups(7))."""
    for line in _read(proc / "cgroup").splitlines():
        _, controllers, path = line.split(":", maxsplit=2)
        if not controllers:
            roots = [mount]
        elif "cpu" in controllers.split(","):
            roots = [mount / "cpu", mount / controllers]
        else:
            continue
        for root in roots:
            # Inside a container the path may name what only the host sees; the root is then the container's own.
            group = root / path.strip("/")
            yield from (directory for directory in [group, *group.parents] if directory.is_relative_to(root))


def _quota(directory: Path) -> float | None:
    """CPUs that the group may use on average, None without a limit."""
    quota, _, period = _read(directory / "cpu.max").partition(" ")
    if not quota:
        quota, period = _read(directory / "cpu.cfs_quota_us"), _read(directory / "cpu.cfs_period_us")
    if not quota.strip().isdigit() or not period.strip().isdigit():
        return None  # "max" in version 2, -1 in version 1, or no such files
    return int(quota) / int(period)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
