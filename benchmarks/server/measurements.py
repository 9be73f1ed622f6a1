"""Values by figure, collected over several rounds, since a machine is never the same from minute to minute."""

import statistics
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from benchmarks.report import OUTPUT


class Measurements:
    """A figure is the median of its values."""

    def __init__(self) -> None:
        self._values: defaultdict[str, list[float]] = defaultdict(list)

    def add(self, figure: str, value: float) -> None:
        self._values[figure].append(value)

    def add_all(self, prefix: str, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.add(f"{prefix}.{name}", value)

    def __getitem__(self, figure: str) -> float:
        """Raises KeyError if it was not measured."""
        if figure not in self._values:
            raise KeyError(figure)
        return statistics.median(self._values[figure])

    def __contains__(self, figure: str) -> bool:
        return figure in self._values

    def figures(self) -> dict[str, float]:
        return {figure: self[figure] for figure in sorted(self._values)}


def output_file(name: str) -> Path:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    return OUTPUT / name
