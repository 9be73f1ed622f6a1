"""Notices a watch that has gone deaf: what we wrote must come back as an event."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bertrelease_operator.render.metadata import KubeObject

# Longer than a watch may take to be set up anew after the API server was away.
DEAF_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Expected:
    resource_version: int
    since: float


class WatchHeartbeat:
    """By kind, the oldest write that has not been heard of. Costs no requests, and no write costs no check."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: dict[str, int] = {}
        self._expected: dict[str, _Expected] = {}

    def wrote(self, obj: KubeObject) -> None:
        """The API server answered a write with `obj`."""
        kind, version = obj["kind"], _version(obj)
        if version > self._heard.get(kind, 0):
            self._expected.setdefault(kind, _Expected(version, self._clock()))

    def heard(self, obj: KubeObject) -> None:
        """An event brought `obj`."""
        kind, version = obj["kind"], _version(obj)
        self._heard[kind] = max(version, self._heard.get(kind, 0))
        expected = self._expected.get(kind)
        if expected is not None and expected.resource_version <= version:
            del self._expected[kind]

    def deaf_kinds(self) -> list[str]:
        """Kinds of which a write was not heard for too long."""
        now = self._clock()
        return [kind for kind, expected in self._expected.items() if now - expected.since > DEAF_SECONDS]


def _version(obj: KubeObject) -> int:
    return int(obj["metadata"]["resourceVersion"])
