"""Rolling restarts under load: the new server is ready before the old one is told to stop, and no request is lost.

What stands in for a cluster's service is a switch of connections: it sends new ones to all servers it knows of, and
learns only a while after the SIGTERM that a server goes. Clients are busy all the time and reconnect when an answer
says that it is the last one of its connection; none asks twice.
"""

import asyncio
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Final

from rich.progress import Progress

from benchmarks.server.processes import ServerProcess, our_server
from bert_server.bench.connection import Connections
from bert_server.bench.load import closed_loop
from bert_server.bench.messages import Target
from bert_server.bench.recording import Recording
from bert_server.bench.texts import Lengths
from bert_server.bench.workload import Workload

CLIENTS: Final = 8
DRAIN_SECONDS: Final = 1.0
SWITCH_LEARNS_SECONDS: Final = 0.4
LONGEST_SECONDS: Final = 3600.0


@dataclass(frozen=True)
class Restarts:
    """`exit_statuses` of the servers that were stopped."""

    recording: Recording
    exit_statuses: list[int]


class Switch(Connections):
    """New connections go to the known servers in turn; open ones stay where they are."""

    def __init__(self, first: Target) -> None:
        super().__init__(first)
        self._known = [first]
        self._turn = 0

    def choose(self) -> Target:
        self._turn += 1
        return self._known[self._turn % len(self._known)]

    def add(self, target: Target) -> None:
        self._known.append(target)

    def forget(self, target: Target) -> None:
        self._known.remove(target)


async def restart_under_load(bundle: Path, cache_dir: Path, count: int, progress: Progress) -> Restarts:
    """Replace the server so many times while clients ask without a pause."""
    task = progress.add_task("rolling restarts", total=count)
    replacing = Replacing(bundle, cache_dir)
    done = asyncio.Event()
    try:
        first = await replacing.start()
        async with Switch(first.target) as switch:
            requests = Workload.FILL_MASK.requests(first.target, Lengths(), "restarts")
            endless = takewhile(lambda _: not done.is_set(), requests)
            load = asyncio.create_task(closed_loop(switch, endless, clients=CLIENTS, seconds=LONGEST_SECONDS))
            for _ in range(count):
                await replacing.replace(switch)
                progress.advance(task)
            done.set()
            recording = await load
    finally:
        replacing.stop()
    return Restarts(recording, replacing.exit_statuses)


class Replacing:
    """The server of the moment."""

    def __init__(self, bundle: Path, cache_dir: Path) -> None:
        self._bundle = bundle
        self._cache_dir = cache_dir
        self._started = 0
        self._current: ServerProcess | None = None
        self.exit_statuses: list[int] = []

    async def start(self) -> ServerProcess:
        """Ready when it returns."""
        self._started += 1
        server = our_server(
            self._bundle,
            name=f"restarts-{self._started % 2}",
            cache_dir=self._cache_dir,
            drain_seconds=DRAIN_SECONDS,
        )
        self._current = await asyncio.to_thread(server.__enter__)
        return server

    async def replace(self, switch: Switch) -> None:
        old = self._current
        assert old is not None, "nothing was started that could be replaced"
        try:
            switch.add((await self.start()).target)
            old.signal_stop()
            await asyncio.sleep(SWITCH_LEARNS_SECONDS)
            switch.forget(old.target)
            self.exit_statuses.append(await asyncio.to_thread(old.wait))
        finally:
            old.stop()

    def stop(self) -> None:
        if self._current is not None:
            self._current.stop()
