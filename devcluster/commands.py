"""Running helper programs to their end."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from devcluster.errors import CommandError, DevClusterError


def run(
    command: Sequence[str | Path],
    *,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Return what the program printed on stdout; `env` is added to ours.

    Raises CommandError when it fails, DevClusterError when it is not installed.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, input=stdin, env=_environment(env), cwd=cwd, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise DevClusterError(f"{words[0]} is not installed; run `python -m devcluster build`") from error
    if done.returncode != 0:
        raise CommandError(words, done.returncode, done.stderr + done.stdout)
    return done.stdout


def stream(
    command: Sequence[str | Path],
    on_line: Callable[[str], None],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run the program and hand over each line it prints (both streams) as it comes.

    Raises CommandError when it fails.
    """
    words = [str(word) for word in command]
    lines: list[str] = []
    with subprocess.Popen(
        words,
        env=_environment(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            on_line(line.rstrip("\n"))
    if process.returncode != 0:
        raise CommandError(words, process.returncode, "".join(lines))


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, **(extra or {})}
