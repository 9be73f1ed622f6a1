"""How far the server reads ahead of what it has answered."""

import asyncio
from collections.abc import Sized
from typing import Final

from uvicorn.protocols.http.flow_control import FlowControl


class GuardedFlow(FlowControl):
    """uvicorn's own, which reads on while requests wait for those before them, as many as the client sends."""

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting
        self._has_ended = False

    def end_reading(self) -> None:
        """For good."""
        self._has_ended = True
        self.pause_reading()

    def resume_reading(self) -> None:
        # If requests wait, the one that is being answered has arrived whole: it does not need what would be read.
        if not self._waiting and not self._has_ended:
            super().resume_reading()


class _Dropped(list[tuple[bytes, bytes]]):
    """Takes everything and keeps nothing."""

    def append(self, item: tuple[bytes, bytes]) -> None:
        pass


# Trailers would come among the headers of a request that is being answered already.
NO_TRAILERS: Final = _Dropped()
