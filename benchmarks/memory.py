"""Memory of another process."""

import os
from pathlib import Path


def rss_mib(pid: int) -> float:
    """Resident memory, what the process maps from files included (proc(5))."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
