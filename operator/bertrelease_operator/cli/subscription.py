"""A watch that can be waited for with a time limit: it runs in a thread of its own."""

import queue
import threading
from collections.abc import Iterator

from bertrelease_operator.cli.cluster import Update


class Subscription:
    """Reads `updates` in the background; what ends them there is raised here."""

    def __init__(self, updates: Iterator[Update]) -> None:
        self._queue: queue.SimpleQueue[Update | BaseException] = queue.SimpleQueue()
        # A daemon: the process may end while the thread waits for the API server.
        threading.Thread(target=self._read, args=(updates,), daemon=True, name="watch").start()

    def next(self, timeout_seconds: float) -> Update | None:
        """The next update, or None if there is none in time. Raises CliError when the watch cannot go on."""
        try:
            found = self._queue.get(timeout=max(0.0, timeout_seconds))
        except queue.Empty:
            return None
        if isinstance(found, BaseException):
            raise found
        return found

    def _read(self, updates: Iterator[Update]) -> None:
        try:
            for update in updates:
                self._queue.put(update)
        except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
            self._queue.put(error)
