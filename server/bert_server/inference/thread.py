"""The one thread that computes. An inference uses all the cores, so two at a time would only slow each other down."""

import contextlib
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol

# How much the inference thread, and the engine's threads that it starts, give way to the event loop: answers to
# probes and refusals take microseconds, but must not wait for a core until an inference ends.
NICENESS = 5


def give_way() -> None:
    """Makes this thread, and those that it starts, give way to the event loop."""
    with contextlib.suppress(OSError):  # not every sandbox allows it, and it is no condition
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class Work(Protocol):
    """What the thread does when it has no calls to make."""

    def do_next(self) -> bool:
        """Do a piece; False at once if there is none."""
        ...


class InferenceThread:
    """Makes calls, in their order; else does work; else makes idle calls; else sleeps."""

    def __init__(self, work: Work, clock: Callable[[], float] = time.monotonic) -> None:
        self._work = work
        self._clock = clock
        self._calls: deque[Callable[[], None]] = deque()
        self._idle_calls: deque[Callable[[], None]] = deque()
        self._alarm: SimpleQueue[None] = SimpleQueue()
        self._asleep = False
        self._stopping = False
        self._busy_since: float | None = None
        self._thread = threading.Thread(target=self._live, name="inference", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def call(self, function: Callable[[], None], *, when_idle: bool = False) -> None:
        """Have the thread call it, before any work or only when there is none. It must not raise."""
        (self._idle_calls if when_idle else self._calls).append(function)
        self.wake()

    def wake(self) -> None:
        """There is work."""
        if self._asleep:
            self._asleep = False
            self._alarm.put(None)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def busy_seconds(self) -> float:
        """How long the call or piece of work under way has taken so far; infinity if the thread is dead."""
        if not self._thread.is_alive():
            return math.inf
        since = self._busy_since
        return 0.0 if since is None else self._clock() - since

    def stop(self, wait_seconds: float) -> bool:
        """Let the thread end when there is nothing left to do; True if it has ended within that time."""
        self._stopping = True
        self.wake()
        self._thread.join(wait_seconds)
        return not self._thread.is_alive()

    def _live(self) -> None:
        give_way()
        while True:
            if self._do_something():
                continue
            self._asleep = True
            # What came between the last look and falling asleep did not ring the alarm.
            if self._do_something():
                self._asleep = False
            elif self._stopping:
                return
            else:
                self._alarm.get()

    def _do_something(self) -> bool:
        self._busy_since = self._clock()
        try:
            if self._calls:
                self._calls.popleft()()
                return True
            if self._work.do_next():
                return True
            if self._idle_calls:
                self._idle_calls.popleft()()
                return True
            return False
        finally:
            self._busy_since = None
