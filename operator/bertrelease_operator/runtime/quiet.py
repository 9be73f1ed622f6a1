"""After a rescue the mesh is left alone, so that the rescue reaches the proxies at once (DESIGN rule 8)."""

import time
from collections.abc import Callable
from typing import Final

# istiod waits for 0.1 s without changes before it pushes; pushing and a slow API server take the rest.
RESCUE_QUIET_SECONDS: Final = 1.0


class QuietGate:
    """Closed for a moment after each urgent move of a route. One for the whole process: istiod serves all releases."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._closed_until = clock()

    def close(self) -> None:
        self._closed_until = self._clock() + RESCUE_QUIET_SECONDS

    @property
    def remaining_seconds(self) -> float:
        """0 while the gate is open."""
        return max(0.0, self._closed_until - self._clock())
