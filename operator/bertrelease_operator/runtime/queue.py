"""The work queue: keys to be reconciled, each at most once in the queue and once at work."""

import asyncio
import random
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

Key = TypeVar("Key", bound=Hashable)

FIRST_BACKOFF_SECONDS: Final = 0.1
LONGEST_BACKOFF_SECONDS: Final = 10.0
_JITTER: Final = 0.2
# Beyond this many doublings the longest backoff is reached anyway.
_MOST_DOUBLINGS: Final = 20


class Handle(Protocol):
    """A call that can still be taken back."""

    def cancel(self) -> None: ...


class Timer(Protocol):
    """The part of an event loop that the queue needs; tests give it one whose time they move."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> Handle: ...


@dataclass(slots=True)
class _Delayed:
    due: float
    handle: Handle


@dataclass(slots=True)
class _Lanes(Generic[Key]):
    """Keys that are due, with the time since when. Dicts keep the order in which keys came."""

    urgent: dict[Key, float] = field(default_factory=dict)
    normal: dict[Key, float] = field(default_factory=dict)


class WorkQueue(Generic[Key]):
    """Deduplicated, with urgent keys first, delays, and a backoff per key that fails.

    A key that is added while it is at work comes again when that is done, so that nothing is missed and the same
    key is never worked on twice at a time.
    """

    def __init__(self, timer: Timer) -> None:
        self._timer = timer
        self._due: _Lanes[Key] = _Lanes()
        self._delayed: dict[Key, _Delayed] = {}
        self._at_work: dict[Key, float] = {}
        self._again: dict[Key, bool] = {}  # added while at work; the value says whether urgently
        self._failures: dict[Key, int] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._drain_waiters: list[asyncio.Future[None]] = []

    def add(self, key: Key, *, urgent: bool = False) -> None:
        """Due now. A key that is due already only becomes more urgent; one that failed waits for its backoff."""
        if key in self._at_work:
            self._again[key] = urgent or self._again.get(key, False)
            return
        if not urgent and key in self._failures and key in self._delayed:
            return
        since = self._due.normal.get(key, self._timer.time())
        if urgent:
            self._due.normal.pop(key, None)
            self._due.urgent.setdefault(key, since)
        elif key not in self._due.urgent:
            self._due.normal.setdefault(key, since)
        self._wake_one()

    def add_after(self, key: Key, seconds: float) -> None:
        """Due later; the earliest of several such moments counts."""
        due = self._timer.time() + max(0.0, seconds)
        known = self._delayed.get(key)
        if known is not None:
            if known.due <= due:
                return
            known.handle.cancel()
        self._delayed[key] = _Delayed(due, self._timer.call_at(due, self._on_time, key))

    async def get(self) -> Key:
        """The next key, which is at work until `done`."""
        while True:
            for lane in (self._due.urgent, self._due.normal):
                if lane:
                    key = next(iter(lane))
                    del lane[key]
                    self._at_work[key] = self._timer.time()
                    return key
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            finally:
                if waiter in self._waiting:
                    self._waiting.remove(waiter)

    def done(self, key: Key, *, failed: bool = False) -> None:
        """Ends the work on `key`. After a failure it comes again by itself, each time later."""
        del self._at_work[key]
        again = self._again.pop(key, None)
        if failed:
            self._failures[key] = self._failures.get(key, 0) + 1
            self.add_after(key, self._backoff_seconds(key))
        else:
            self._failures.pop(key, None)
        if again is not None:
            self.add(key, urgent=again)
        if not self._at_work:
            _release(self._drain_waiters)

    def forget(self, key: Key) -> None:
        """Drops delays and failures of a key whose object is gone."""
        self._failures.pop(key, None)
        delayed = self._delayed.pop(key, None)
        if delayed is not None:
            delayed.handle.cancel()

    def clear(self) -> None:
        """Drops everything that is not at work."""
        for key in [*self._delayed]:
            self.forget(key)
        self._due = _Lanes()
        self._again.clear()

    async def drained(self) -> None:
        """Returns when nothing is at work."""
        while self._at_work:
            waiter = asyncio.get_running_loop().create_future()
            self._drain_waiters.append(waiter)
            await waiter

    @property
    def depth(self) -> int:
        """Keys that are due and wait."""
        return len(self._due.urgent) + len(self._due.normal)

    @property
    def idle(self) -> bool:
        """Nothing is due and nothing at work."""
        return not self.depth and not self._at_work

    def oldest_age_seconds(self) -> float:
        """How long the oldest key has been due or at work; 0 if there is none."""
        since = [*self._due.urgent.values(), *self._due.normal.values(), *self._at_work.values()]
        return self._timer.time() - min(since) if since else 0.0

    def _on_time(self, key: Key) -> None:
        del self._delayed[key]
        self.add(key)

    def _backoff_seconds(self, key: Key) -> float:
        doublings = min(self._failures[key] - 1, _MOST_DOUBLINGS)
        seconds: float = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2**doublings)
        return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spreads load, guards no secret

    def _wake_one(self) -> None:
        while self._waiting:
            waiter = self._waiting.pop(0)
            if not waiter.done():
                waiter.set_result(None)
                return


def _release(waiters: list[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)
    waiters.clear()
