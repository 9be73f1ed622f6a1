"""Keeps a flood of refusals from becoming a flood of log entries."""

import time
from collections.abc import Callable


class Throttle:
    """Lets `limit` things pass in each second and counts the rest."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._second = 0
        self._passed = 0
        self._held_back = 0

    def passes(self) -> bool:
        second = int(self._clock())
        if second != self._second:
            self._second, self._passed = second, 0
        self._passed += 1
        self._held_back += self._passed > self._limit
        return self._passed <= self._limit

    def take_held_back(self) -> int:
        """How many were held back since the last call."""
        count, self._held_back = self._held_back, 0
        return count
