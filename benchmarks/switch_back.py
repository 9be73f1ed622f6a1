"""Blue-green: how long users still get the new version after spec.version is edited back."""

import asyncio
from typing import Any, Final

from rich.console import Console
from rich.progress import track

from benchmarks.scenes import LONGEST_SECONDS, RATE_PER_SECOND, SETTLE_SECONDS, release_numbered
from demo.release import is_stable
from demo.stage import Stage
from demo.traffic import background

STRATEGY: Final[dict[str, Any]] = {
    "kind": "blueGreen",
    "blueGreen": {"holdSeconds": 3},
    "readyDeadlineSeconds": 60,
    "stepDeadlineSeconds": 60,
    "observationSeconds": 120,
}


async def measure_switch_back(stage: Stage, runs: int, console: Console) -> tuple[list[float], int]:
    """A new version is switched to, observed for a moment, and edited away. Milliseconds, and failed requests."""
    previous = (await asyncio.to_thread(stage.client.status)).stable or ""
    times, failed = [], 0
    for run in track(range(runs), "blue-green: switch back", console=console):
        version = f"v4.{run}.0"
        async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
            await release_numbered(stage, version, run, strategy=STRATEGY)
            await stage.client.wait_for(version, is_stable(version), 120)
            await asyncio.sleep(SETTLE_SECONDS)
            edited_at = await asyncio.to_thread(stage.client.edit, {"version": previous})
            await stage.client.wait_for(previous, is_stable(previous), 30)
            await asyncio.sleep(SETTLE_SECONDS)
        times.append(traffic.last_answer_ms(version, edited_at))
        failed += sum(answer.failed for answer in traffic.answers)
    return times, failed
