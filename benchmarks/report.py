"""How every benchmark reports: a table for people, and build/bench/<name>.json for comparison between releases."""

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

OUTPUT: Final = Path("build/bench")


def machine() -> dict[str, Any]:
    """What it ran on."""
    return {
        "cpu": _first_value("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_kib": _first_value("/proc/meminfo", "MemTotal").removesuffix(" kB"),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average": os.getloadavg(),
    }


def _first_value(path: str, key: str) -> str:
    for line in Path(path).read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return "unknown"


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95 (nearest rank) and max."""
    ordered = sorted(values)
    rank95 = max(0, -(-95 * len(ordered) // 100) - 1)
    return {"p50": statistics.median(ordered), "p95": ordered[rank95], "max": ordered[-1]}


def write_report(
    name: str, *, settings: Mapping[str, Any], figures: Mapping[str, float | None], console: Console
) -> Path:
    """Writes `name`.json and prints the same figures; returns the file."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    path = OUTPUT / f"{name}.json"
    report = {"machine": machine(), "settings": dict(settings), "figures": dict(figures)}
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    table = Table("figure", "value", title=name)
    for figure, value in figures.items():
        table.add_row(figure, "none" if value is None else f"{value:,.4g}")
    console.print(table)
    console.print(f"on {report['machine']['cpu']}, {report['machine']['cores']} cores; written to {path}")
    return path
