"""How long users see the wrong version: rollback by edit, by itself, of blue-green; and lost requests in promotions.

Runs on the dev cluster with real Envoy, istiod and pods; 200 requests/s through the gateway, counted at the client.
The load generator shares the machine's cores with everything else. The floor, a bare change of the route's weights
to the last old answer, is measured in the same run, so that a ratio can be stated.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.progress import track

from benchmarks.bars import bars_at_most, bars_table
from benchmarks.report import percentiles, write_report
from benchmarks.route_floor import BareRoute
from benchmarks.scenes import (
    LONGEST_SECONDS,
    RATE_PER_SECOND,
    SETTLE_SECONDS,
    on_cluster,
    prove_first_version,
    release_numbered,
)
from benchmarks.switch_back import measure_switch_back
from bertrelease_operator.api.status import BertReleaseStatus
from demo.release import is_stable, was_taken_back
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FAILING, FIRST, IMPROVED

LIMITS: Final = {
    "edit.failed_requests": 0,
    "promotion.failed_requests": 0,
    "bluegreen.switch_back_ms.p50": 250,
    "bluegreen.failed_requests": 0,
}


@dataclass
class Measurements:
    """One value per run."""

    floor_ms: list[float] = field(default_factory=list)
    edit_ms: list[float] = field(default_factory=list)
    edit_failed: int = 0
    auto_seconds: list[float] = field(default_factory=list)
    auto_bad: list[int] = field(default_factory=list)
    promotion_requests: int = 0
    promotion_failed: int = 0
    switch_back_ms: list[float] = field(default_factory=list)
    switch_back_failed: int = 0


async def prove_two_versions(stage: Stage) -> None:
    """v1.0.0 and v1.1.0 both proven and warm."""
    await prove_first_version(stage)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS):
        await asyncio.to_thread(stage.release, IMPROVED)
        await stage.client.wait_for(IMPROVED.version, is_stable(IMPROVED.version), 120)


async def measure_edits(stage: Stage, runs: int, console: Console) -> tuple[list[float], int]:
    """Edits spec.version back and forth between two proven, warm versions."""
    times, failed = [], 0
    for _ in track(range(runs), "rollback by edit", console=console):
        status = await asyncio.to_thread(stage.client.status)
        old, new = status.stable, FIRST.version if status.stable == IMPROVED.version else IMPROVED.version
        async with background(stage.traffic(RATE_PER_SECOND), 30) as traffic:
            await asyncio.sleep(1)
            edited_at = await asyncio.to_thread(stage.client.edit, {"version": new})
            await asyncio.sleep(SETTLE_SECONDS)
        times.append(traffic.last_answer_ms(old or "", edited_at))
        failed += sum(answer.failed for answer in traffic.answers)
        await stage.client.wait_for(new, is_stable(new), 30)
        await asyncio.sleep(SETTLE_SECONDS)
    return times, failed


async def measure_floor(stage: Stage, runs: int, console: Console) -> list[float]:
    """The same flip by writing weights into a VirtualService of our own, with no operator in between."""
    route = BareRoute(stage, FIRST.version, IMPROVED.version)
    await asyncio.to_thread(route.create)
    times = []
    for run in track(range(runs), "floor: bare route", console=console):
        old, new = (FIRST.version, IMPROVED.version) if run % 2 == 0 else (IMPROVED.version, FIRST.version)
        traffic = stage.traffic(RATE_PER_SECOND)
        traffic.host = route.host
        async with background(traffic, 30):
            await asyncio.sleep(1)
            sent_at = time.monotonic()
            await asyncio.to_thread(route.send_all_to, new)
            await asyncio.sleep(SETTLE_SECONDS)
        times.append(traffic.last_answer_ms(old, sent_at))
    await asyncio.to_thread(route.remove)
    return times


def taken_back_at_attempt(attempt: int) -> Callable[[BertReleaseStatus], bool]:
    """The failing version's rollout of this attempt is over."""

    def holds(status: BertReleaseStatus) -> bool:
        over = was_taken_back(FAILING.version)(status)
        return over and status.concluded is not None and status.concluded.attempt == attempt

    return holds


async def measure_automatic(stage: Stage, runs: int, console: Console) -> tuple[list[float], list[int]]:
    """A version that fails 20 % of its requests gets 10 % of the traffic, is taken back, and is retried."""
    seconds, bad = [], []
    for run in track(range(runs), "automatic rollback", console=console):
        async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
            await asyncio.sleep(1)
            if run == 0:
                stage.release(FAILING)
            else:
                await asyncio.to_thread(stage.client.command, "retry", FAILING.version)
            await stage.client.wait_for("the rollback", taken_back_at_attempt(run + 1), 120)
            await asyncio.sleep(SETTLE_SECONDS)
        moments = [answer.answered_at for answer in traffic.answers if answer.failed]
        seconds.append(max(moments) - min(moments) if moments else 0.0)
        bad.append(len(moments))
    return seconds, bad


async def measure_promotions(stage: Stage, runs: int, console: Console) -> tuple[int, int]:
    """Healthy versions, each with a number of its own and the same image."""
    requests = failed = 0
    for run in track(range(runs), "healthy promotions", console=console):
        version = f"v2.{run}.0"
        async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
            await asyncio.sleep(1)
            await release_numbered(stage, version, run)
            await stage.client.wait_for(version, is_stable(version), 120)
            await asyncio.sleep(SETTLE_SECONDS)
        requests += len(traffic.answers)
        failed += sum(answer.failed for answer in traffic.answers)
    return requests, failed


async def measure(stage: Stage, arguments: argparse.Namespace, console: Console) -> Measurements:
    await prove_two_versions(stage)
    found = Measurements()
    found.floor_ms = await measure_floor(stage, arguments.runs, console)
    found.edit_ms, found.edit_failed = await measure_edits(stage, arguments.runs, console)
    found.auto_seconds, found.auto_bad = await measure_automatic(stage, arguments.automatic_runs, console)
    found.promotion_requests, found.promotion_failed = await measure_promotions(stage, arguments.promotions, console)
    found.switch_back_ms, found.switch_back_failed = await measure_switch_back(
        stage, arguments.blue_green_runs, console
    )
    return found


def figures_of(found: Measurements) -> dict[str, float]:
    auto_ms = [1000 * seconds for seconds in found.auto_seconds]
    bad = percentiles([float(count) for count in found.auto_bad])
    edit, floor = percentiles(found.edit_ms), percentiles(found.floor_ms)
    return {
        **{f"edit.to_last_old_response_ms.{name}": value for name, value in edit.items()},
        "edit.failed_requests": found.edit_failed,
        **{f"floor.to_last_old_response_ms.{name}": value for name, value in floor.items()},
        "edit.ratio_to_floor.p50": edit["p50"] / floor["p50"],
        **{f"auto.first_to_last_bad_ms.{name}": value for name, value in percentiles(auto_ms).items()},
        "auto.bad_responses.p50": bad["p50"],
        "auto.bad_responses.max": bad["max"],
        "promotion.failed_requests": found.promotion_failed,
        "promotion.requests": found.promotion_requests,
        **{f"bluegreen.switch_back_ms.{name}": value for name, value in percentiles(found.switch_back_ms).items()},
        "bluegreen.failed_requests": found.switch_back_failed,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="edits, and bare flips of the route")
    parser.add_argument("--automatic-runs", type=int, default=10)
    parser.add_argument("--promotions", type=int, default=3)
    parser.add_argument("--blue-green-runs", type=int, default=10, help="switches, and back by an edit")
    arguments = parser.parse_args()
    console = Console()
    found = on_cluster(measure, (FIRST, IMPROVED, FAILING), arguments, console)
    settings = {"requests_per_second": RATE_PER_SECOND, **vars(arguments)}
    figures = figures_of(found)
    write_report("rollback", settings=settings, figures=figures, console=console)
    console.print(bars_table(bars_at_most(figures, LIMITS)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
