"""Putting a component's process into its cluster's cgroups and namespaces, and ending it again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from devcluster import cgroups, network
from devcluster.components.base import Component
from devcluster.paths import ClusterPaths
from devcluster.processes import ProcessRecord, exit_status, is_running, spawn, stop

STOP_GRACE_SECONDS = 3.0

# $1 is the number of cgroup files that follow it, then comes the command itself.
_JOIN_AND_EXEC = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1"; shift; n=$((n - 1)); done; exec "$@"'


@dataclass(frozen=True)
class Launcher:
    """Starts and stops the components of one cluster, and remembers their processes in files."""

    cluster: str
    paths: ClusterPaths
    bin_dir: Path

    def start(self, component: Component) -> ProcessRecord:
        """Write the component's files and start it, unless it runs already."""
        running = self.running(component.name)
        if running:
            return running
        for file, text in component.files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        record = spawn(
            self.inside(component.command),
            log=self.log(component.name),
            env=self._environment() | dict(component.env),
        )
        record.save(self._record_file(component.name))
        return record

    def stop(self, name: str, *, grace_seconds: float = STOP_GRACE_SECONDS) -> None:
        """End the component's process; does nothing when there is none."""
        record = ProcessRecord.load(self._record_file(name))
        if record:
            stop(record, grace_seconds=grace_seconds)
            self._record_file(name).unlink(missing_ok=True)

    def running(self, name: str) -> ProcessRecord | None:
        record = ProcessRecord.load(self._record_file(name))
        return record if record and is_running(record) else None

    def log(self, name: str) -> Path:
        return self.paths.log(name)

    @staticmethod
    def reap(paths: ClusterPaths) -> None:
        """Collect the exit statuses of processes of ours that were killed, so that no zombie stays."""
        for file in paths.processes.glob("*.json"):
            if record := ProcessRecord.load(file):
                exit_status(record)

    def inside(self, command: tuple[str, ...]) -> list[str]:
        """The command that runs `command` in the cluster's cgroups, network and mount namespaces."""
        members = [str(file) for file in cgroups.system_procs_files(self.cluster)]
        spaces = [f"--net={network.namespace_path(self.cluster)}", f"--mount={self.paths.mount_namespace}"]
        # Some programs write beside themselves: give them a directory that goes away with the cluster.
        workdir = ["env", f"--chdir={self.paths.data}"]
        return ["sh", "-ec", _JOIN_AND_EXEC, "sh", str(len(members)), *members, "nsenter", *spaces, *workdir, *command]

    def _environment(self) -> dict[str, str]:
        # Nothing of the caller's: proxies and credentials in it are no business of the cluster.
        system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return {
            "PATH": f"{self.bin_dir}:{system}",
            "HOME": str(self.paths.data),
            "LANG": os.environ.get("LANG", "C.UTF-8"),
        }

    def _record_file(self, name: str) -> Path:
        return self.paths.processes / f"{name}.json"
