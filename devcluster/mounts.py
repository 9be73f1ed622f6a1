"""The private mount namespace of a cluster.

Kubelet, containerd and libcni keep files at fixed places of the host. In the cluster's own mount namespace
those places are directories of the cluster, so clusters do not meet there, pods' mounts never show on the
host, and all of it vanishes with the namespace.
"""

from __future__ import annotations

from pathlib import Path

from devcluster.commands import run
from devcluster.paths import ClusterPaths

PRIVATE_DIRECTORIES = {
    "run-containerd": Path("/run/containerd"),
    "containerd": Path("/var/lib/containerd"),
    "kubelet": Path("/var/lib/kubelet"),
    "cni": Path("/var/lib/cni"),
    "log-pods": Path("/var/log/pods"),
    "log-containers": Path("/var/log/containers"),
}

# Kubelet insists on these values and would set them for the whole machine; files with the values it wants
# lie over them instead, so that the host's kernel settings stay as they are.
KERNEL_SETTINGS = {
    "kernel/keys/root_maxbytes": "25000000",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
}


def create(paths: ClusterPaths) -> None:
    """Make the namespace and pin it to a file; does nothing when it is there."""
    holder = paths.mount_namespace.parent
    if _is_mount_point(holder):
        return
    holder.mkdir(parents=True, exist_ok=True)
    # A namespace can be pinned only on a mount that does not propagate.
    run(["mount", "--bind", holder, holder])
    run(["mount", "--make-private", holder])
    paths.mount_namespace.touch()
    script = "\n".join(f"mount --bind {source} {target}" for source, target in _binds(paths))
    run(["unshare", f"--mount={paths.mount_namespace}", "--propagation", "private", "sh", "-e"], stdin=script)


def remove(paths: ClusterPaths) -> None:
    """Unpin the namespace; its mounts go with it once no process is left in it."""
    for target in (paths.mount_namespace, paths.mount_namespace.parent):
        if _is_mount_point(target):
            run(["umount", target])


def remove_mount_points() -> None:
    """Remove the host directories that were mount points, where they are empty; no cluster may be up."""
    for target in PRIVATE_DIRECTORIES.values():
        try:
            target.rmdir()
        except OSError:
            continue  # not empty: another program's


def _is_mount_point(path: Path) -> bool:
    # os.path.ismount() compares devices, and so overlooks a bind mount within one file system.
    mount_points = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    return str(path) in mount_points


def _binds(paths: ClusterPaths) -> list[tuple[Path, Path]]:
    binds = []
    for name, target in PRIVATE_DIRECTORIES.items():
        target.mkdir(parents=True, exist_ok=True)
        (paths.data / name).mkdir(parents=True, exist_ok=True)
        binds.append((paths.data / name, target))
    for name, value in KERNEL_SETTINGS.items():
        source = paths.data / "kernel" / name
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(f"{value}\n")
        binds.append((source, Path("/proc/sys") / name))
    return binds
