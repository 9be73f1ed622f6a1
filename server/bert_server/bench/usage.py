"""The CPU that the load generator itself takes, because the server lacks it: little, and known."""

import asyncio
import time
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import uvloop

Result = TypeVar("Result")


def run_load(load: Coroutine[Any, Any, Result]) -> Result:
    """Run it on an event loop that costs little; blocks."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(load)


@dataclass
class CpuShare:
    """1.0 is one core, all the time; known when the block is over."""

    cores: float = 0.0


@contextmanager
def own_cpu_share() -> Generator[CpuShare]:
    share = CpuShare()
    began, used = time.perf_counter(), time.process_time()
    try:
        yield share
    finally:
        share.cores = (time.process_time() - used) / (time.perf_counter() - began)
