"""What can go wrong, in words that name the user's next action."""

from __future__ import annotations

from pathlib import Path


class DevClusterError(Exception):
    """A failure that the user can act upon; its text is the whole explanation."""


class PreflightError(DevClusterError):
    """The machine lacks something. `missing` holds one sentence per lack, each with its remedy."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        super().__init__("this machine cannot run a dev cluster:\n" + "\n".join(f"  - {line}" for line in missing))


class CommandError(DevClusterError):
    """A helper program failed; the text holds the end of what it printed."""

    def __init__(self, command: list[str], returncode: int, output: str) -> None:
        self.command = command
        self.returncode = returncode
        self.output = output
        tail = "\n".join(f"    {line}" for line in output.strip().splitlines()[-15:])
        super().__init__(f"`{' '.join(command)}` ended with status {returncode}:\n{tail or '    (no output)'}")


class StartError(DevClusterError):
    """A component did not come up; the text names it, the reason, its last log lines and its log."""

    def __init__(self, component: str, reason: str, log: Path, log_tail: str) -> None:
        self.component = component
        self.reason = reason
        self.log = log
        tail = "\n".join(f"    {line}" for line in log_tail.splitlines())
        super().__init__(f"{component} did not start: {reason}\n  last lines of {log}:\n{tail or '    (empty)'}")
