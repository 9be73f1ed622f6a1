"""Asking the model again what it should know, while it has nothing else to do."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol


class IdleRunner(Protocol):
    """What the check needs of the scheduler."""

    async def run(self, function: Callable[[], object], *, when_idle: bool = False) -> object: ...


async def repeat_when_idle(
    scheduler: IdleRunner,
    checks: Sequence[Callable[[], object]],
    interval_seconds: float,
    report: Callable[[Exception | None], None],
) -> None:
    """Runs until cancelled: all `checks` on the inference thread, one after the other, after each interval.

    Each waits until there is nothing else to do; as they keep requests waiting, they should be short. `report` learns
    the outcome of all together: None, or the exception that one raised. What failed may pass again.
    With an interval of 0 there are no checks.
    """
    while interval_seconds:
        await asyncio.sleep(interval_seconds)
        try:
            for check in checks:
                await scheduler.run(check, when_idle=True)
        except Exception as error:  # noqa: BLE001  whatever it is, the model did not answer as it should
            report(error)
        else:
            report(None)
