"""Figures of this process as Linux tells them (proc(5))."""

import os
import time
from pathlib import Path

_START_TICKS_FIELD = 22  # of /proc/self/stat, counted from 1
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds() -> float:
    """User and system time of all threads."""
    times = os.times()
    return times.user + times.system


def resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * _PAGE_BYTES


def age_seconds() -> float:
    """Time since the process began."""
    # The program's name, the second field, may hold spaces and brackets.
    after_name = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start_ticks = int(after_name[_START_TICKS_FIELD - 3])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - start_ticks / _TICKS_PER_SECOND
