"""Exclusive sections between processes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Hold the lock of `directory` (made when absent) against other threads and processes; waits for it.

    The lock lives on the directory itself, so that it leaves no file behind and dies with its holder.
    """
    while True:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        except (FileExistsError, FileNotFoundError):
            # Its holder removed it between one look and the next.
            if directory.is_file():
                raise
            continue
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is_still(directory, descriptor):
            break
        # The previous holder removed the directory; its lock guards nothing any more.
        os.close(descriptor)
    try:
        yield
    finally:
        os.close(descriptor)


def _is_still(directory: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(directory), os.fstat(descriptor))
    except FileNotFoundError:
        return False
