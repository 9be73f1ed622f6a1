"""An end that loses no request."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Generator

import uvicorn

from bert_server.service import Service

logger = logging.getLogger(__name__)


class DrainingServer(uvicorn.Server):
    """uvicorn closes its listeners at the first SIGTERM, while proxies still send; this one drains first.

    The first signal makes the server unready and every response the last of its connection; requests are still
    accepted for `drain_seconds`. Then the listeners close and what is in flight is finished, for `shutdown_seconds`
    at most. A second signal ends the process without waiting.
    """

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service
        self._told_to_stop = asyncio.Event()

    async def drain_when_told(self) -> None:
        """Returns when the listeners may close."""
        await self._told_to_stop.wait()
        self._service.draining = True
        drain_seconds = self._service.settings.drain_seconds
        logger.info("told to stop: unready now, accepting requests for another %g s", drain_seconds)
        await asyncio.sleep(drain_seconds)
        self.should_exit = True

    def stop(self) -> None:
        """What a signal does."""
        if self._told_to_stop.is_set():
            self.should_exit = self.force_exit = True
        self._told_to_stop.set()

    def obey_signals(self) -> None:
        """From now on. Do it before anybody hears of the server: a signal in between would be a death."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Not as uvicorn does: it raises the signal again at the end, so that a clean stop looks like a death."""
        yield
