"""Long-running processes: started detached, known by pid and start time, ended by pid alone."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class ProcessRecord:
    """Identity of a process for ever: a pid is reused, but not with the same start time and boot."""

    pid: int
    start_ticks: int
    boot_id: str

    def save(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, file: Path) -> ProcessRecord | None:
        """Return what `save` wrote, or None when there is no (whole) record."""
        try:
            return cls(**json.loads(file.read_text()))
        except (FileNotFoundError, json.JSONDecodeError):
            return None


def spawn(command: Sequence[str], *, log: Path, env: Mapping[str, str]) -> ProcessRecord:
    """Start the command in a session of its own, with both output streams appended to `log`.

    `env` is the whole environment. Raises FileNotFoundError when the program does not exist.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawnp(
        command[0],
        list(command),
        dict(env),
        setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), append, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )
    return ProcessRecord(pid=pid, start_ticks=start_ticks(pid) or 0, boot_id=boot_id())


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def start_ticks(pid: int) -> int | None:
    """Clock ticks from boot to the start of the process (proc(5), stat field 22); None once it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the program's name in parentheses and may hold anything, so count from its end.
    fields = stat.rpartition(")")[2].split()
    state, ticks = fields[0], int(fields[19])
    return None if state in "ZX" else ticks


def is_running(record: ProcessRecord) -> bool:
    return record.boot_id == boot_id() and start_ticks(record.pid) == record.start_ticks


def exit_status(record: ProcessRecord) -> int | None:
    """The exit status of a child of ours (negative for a signal), None while it runs.

    For a process that another one started, 0 stands for every end.
    """
    try:
        pid, status = os.waitpid(record.pid, os.WNOHANG)
    except ChildProcessError:
        return None if is_running(record) else 0
    return os.waitstatus_to_exitcode(status) if pid else None


def stop(record: ProcessRecord, *, grace_seconds: float) -> None:
    """End the process: SIGTERM, then SIGKILL once the grace is over. Does nothing when it has ended."""
    try:
        handle = os.pidfd_open(record.pid)
    except ProcessLookupError:
        return
    try:
        # The handle is of whoever has the pid now: look again before a signal is sent through it.
        if not is_running(record):
            return
        signal.pidfd_send_signal(handle, signal.SIGTERM)
        if not _ended_within(record, grace_seconds):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            _ended_within(record, grace_seconds)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)


def _ended_within(record: ProcessRecord, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if exit_status(record) is not None:
            return True
        time.sleep(POLL_SECONDS)
    return False


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log, as much as fits in 16 KiB; empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16384))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
