"""Asking the model again what it should know, while it has nothing else to do."""

import asyncio
from collections.abc import Callable
from typing import Protocol


class IdleRunner(Protocol):
    """What the check needs of the scheduler."""

    async def run(self, function: Callable[[], None], *, when_idle: bool = False) -> None: ...


async def repeat_when_idle(
    scheduler: IdleRunner,
    check: Callable[[], None],
    interval_seconds: float,
    report: Callable[[Exception | None], None],
) -> None:
    """Runs until cancelled: `check` on the inference thread, each time that it has been idle after the interval.

    `report` learns each outcome: None, or the exception that the check raised. A check that failed may pass again.
    With an interval of 0 there are no checks.
    """
    while interval_seconds:
        await asyncio.sleep(interval_seconds)
        try:
            await scheduler.run(check, when_idle=True)
        except Exception as error:  # noqa: BLE001  whatever it is, the model did not answer as it should
            report(error)
        else:
            report(None)
