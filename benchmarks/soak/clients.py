"""The clients of a soak: patient ones, bursts, and those that vanish in the middle."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from benchmarks.soak.mix import Kind
from bert_server.bench.connection import LOST_STATUS, Connections

BURST_REQUESTS: Final = 300
BURST_INTERVAL_SECONDS: Final = 15.0
VANISH_INTERVAL_SECONDS: Final = 0.2
LONGEST_PATIENCE_SECONDS: Final = 0.05


@dataclass
class Tally:
    """What came back, by kind of request and status; `unexpected` is what should not have."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    unexpected: Counter[tuple[str, int]] = field(default_factory=Counter)
    vanished: int = 0

    def count(self, kind: Kind, status: int) -> None:
        self.answers[kind.name, status] += 1
        if status not in {kind.status, HTTPStatus.TOO_MANY_REQUESTS}:
            self.unexpected[kind.name, status] += 1

    def with_status(self, status: int) -> int:
        return sum(count for (_, found), count in self.answers.items() if found == status)

    @property
    def server_errors(self) -> int:
        errors = HTTPStatus.INTERNAL_SERVER_ERROR
        return sum(count for (_, status), count in self.answers.items() if status >= errors)

    @property
    def lost(self) -> int:
        return self.with_status(LOST_STATUS)


class Clients:
    """All ask over the same pool of connections until `done` is set."""

    def __init__(self, connections: Connections, requests: Iterator[tuple[Kind, bytes]], dice: random.Random) -> None:
        self._connections = connections
        self._requests = requests
        self._dice = dice
        self.tally = Tally()
        self.done = asyncio.Event()

    async def patient(self) -> None:
        """Asks one thing after another."""
        while not self.done.is_set():
            await self._ask()

    async def bursts(self) -> None:
        """Now and then a crowd, all at once."""
        while not await self._is_done_within(BURST_INTERVAL_SECONDS):
            await asyncio.gather(*(self._ask() for _ in range(BURST_REQUESTS)))

    async def vanishing(self) -> None:
        """Sends a request, or a part of one, and is gone after a moment."""
        while not await self._is_done_within(VANISH_INTERVAL_SECONDS):
            _, request = next(self._requests)
            sent = request[: self._dice.randint(1, len(request))]
            async with self._connections.connection() as connection:
                asking = asyncio.create_task(connection.ask(sent))
                await asyncio.sleep(self._dice.uniform(0, LONGEST_PATIENCE_SECONDS))
                connection.abandon()
                await asking
            self.tally.vanished += 1

    async def _ask(self) -> None:
        kind, request = next(self._requests)
        answer = await self._connections.ask(request)
        self.tally.count(kind, answer.status)

    async def _is_done_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self.done.wait(), seconds)
        except TimeoutError:
            return False
        return True
