"""Whether memory stays flat."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WARM_UP_SHARE: Final = 0.2
MARGIN: Final = 0.05


@dataclass(frozen=True)
class Memory:
    """Medians of the first and the last third of what follows the warm-up."""

    first_mib: float
    last_mib: float
    highest_mib: float

    @property
    def growth(self) -> float:
        """As a share of the first third; below 0 if it shrank."""
        return self.last_mib / self.first_mib - 1

    @property
    def is_flat(self) -> bool:
        return self.growth <= MARGIN


def judge(samples_mib: Sequence[float]) -> Memory:
    """Of samples taken at equal intervals, at least four; the first fifth is warm-up.

    In that time the caches fill and the engine meets the lengths for the first time.
    """
    settled = samples_mib[int(len(samples_mib) * WARM_UP_SHARE) :]
    third = max(1, len(settled) // 3)
    first, last = statistics.median(settled[:third]), statistics.median(settled[-third:])
    return Memory(first, last, max(samples_mib))
