"""Loading on a thread of its own, which can begin before the rest of the server has been imported.

Hashing, reading and compiling leave the interpreter's lock: they go on while the main thread imports what answers HTTP.
"""

import asyncio
import logging
import threading
import time
from concurrent.futures import Future

from bert_server.inference.thread import give_way
from bert_server.loading import load
from bert_server.models import Models
from bert_server.settings import Settings

logger = logging.getLogger(__name__)


class Loading:
    """Begins at once. `step` says what is being done."""

    def __init__(self, settings: Settings) -> None:
        self.step = "starting"
        self._settings = settings
        self._began = time.monotonic()
        self._models: Future[Models] = Future()
        self._thread = threading.Thread(target=self._run, name="loading", daemon=True)
        self._thread.start()

    async def models(self) -> Models:
        """Raises what loading raises."""
        return await asyncio.shield(asyncio.wrap_future(self._models))

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def stop(self, wait_seconds: float | None = None) -> bool:
        """Wait for its end, which nothing can bring about, but no longer than this; whether it has ended."""
        self._thread.join(wait_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        give_way()  # the engine's threads are started here, and inherit it
        try:
            self._models.set_result(load(self._settings, self._begin_step))
        except BaseException as error:  # noqa: BLE001  it belongs to who waits
            self._models.set_exception(error)

    def _begin_step(self, step: str) -> None:
        self.step = step
        logger.info("loading: %s", step)
