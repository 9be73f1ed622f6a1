"""Promotions and rollbacks in every way there is to release, and the requests that were lost in them.

Runs on the dev cluster with real Envoy, istiod and pods; 200 requests/s through the gateway, counted at the client.
Healthy versions take turns through the strategies: each is promoted, observed for a moment, and edited away again.
A request is lost if its answer is not a success, or never comes. The load generator shares the machine's cores with
everything else.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.progress import track

from benchmarks.bars import bars_at_most, bars_table
from benchmarks.report import write_report
from benchmarks.scenes import (
    LONGEST_SECONDS,
    RATE_PER_SECOND,
    SETTLE_SECONDS,
    on_cluster,
    prove_first_version,
    release_numbered,
)
from demo.release import QUICK_STRATEGY, is_stable
from demo.stage import Stage
from demo.traffic import Answer, background
from demo.versions import FIRST, IMPROVED

LIMITS: Final = {"lost_requests": 0, "unfinished": 0}
BY_HAND: Final = "traffic_by_hand"
DEADLINES: Final = {"readyDeadlineSeconds": 60, "stepDeadlineSeconds": 60, "observationSeconds": 60}
_STEPS: Final = [{"weight": 10, "holdSeconds": 4}, {"weight": 50, "holdSeconds": 4}]
STRATEGIES: Final[dict[str, dict[str, Any]]] = {
    "canary": {"kind": "canary", "canary": {"steps": _STEPS}},
    "sticky_canary": {"kind": "canary", "canary": {"steps": _STEPS, "sticky": {}}},
    "blue_green": {"kind": "blueGreen", "blueGreen": {"holdSeconds": 3}},
    "mirror": {"kind": "mirror", "mirror": {"percent": 50, "holdSeconds": 4, "then": "promote"}},
    "ab_test": {
        "kind": "abTest",
        "abTest": {"weight": 50, "minDurationSeconds": 4, "minimumSample": 200, "then": "promote"},
    },
    BY_HAND: QUICK_STRATEGY,
}


@dataclass(frozen=True, slots=True)
class Move:
    """One promotion or rollback, and what users got meanwhile."""

    strategy: str
    is_rollback: bool
    finished: bool
    answers: Sequence[Answer]
    client_late_seconds: float = 0.0  # how far the client fell behind its own rate, at the worst

    @property
    def lost(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.failed]


async def promote(stage: Stage, strategy: str, version: str, previous: str, run: int) -> None:
    """Until `version` gets all traffic."""
    spec: dict[str, Any] = {"strategy": STRATEGIES[strategy] | DEADLINES}
    if strategy != BY_HAND:
        await release_numbered(stage, version, run, **spec)
        await stage.client.wait_for(version, is_stable(version), 120)
        return
    halves = [{"version": previous, "weight": 50}, {"version": version, "weight": 50}]
    await release_numbered(stage, version, run, traffic=halves, **spec)
    await _wait_for_weight(stage, version, 50)
    await asyncio.sleep(SETTLE_SECONDS)
    await asyncio.to_thread(stage.client.edit, {"traffic": [{"version": version, "weight": 100}]})
    await _wait_for_weight(stage, version, 100)


async def roll_back(stage: Stage, strategy: str, previous: str) -> None:
    """Until `previous` has all traffic again."""
    if strategy == BY_HAND:
        await asyncio.to_thread(stage.client.edit, {"traffic": [{"version": previous, "weight": 100}]})
        await _wait_for_weight(stage, previous, 100)
    await asyncio.to_thread(stage.client.edit, {"version": previous, "traffic": None})
    await stage.client.wait_for(previous, is_stable(previous), 30)


async def _wait_for_weight(stage: Stage, version: str, weight: int) -> None:
    await stage.client.wait_for(
        f"{version} at {weight} %", lambda status: status.weights.applied.get(version) == weight, 90
    )


async def promote_and_roll_back(stage: Stage, run: int, *, back: bool, console: Console) -> list[Move]:
    """Both under the same traffic; what was sent before the edit is the promotion's. Without `back`, it stays."""
    strategy, version = list(STRATEGIES)[run % len(STRATEGIES)], f"v3.{run}.0"
    previous = (await asyncio.to_thread(stage.client.status)).stable or ""
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        await asyncio.sleep(1)
        promoted = await _finishes(promote(stage, strategy, version, previous, run), console)
        await asyncio.sleep(SETTLE_SECONDS)
        turned_at = time.monotonic()
        returned = back and await _finishes(roll_back(stage, strategy, previous), console)
        await asyncio.sleep(SETTLE_SECONDS)
    before = [answer for answer in traffic.answers if answer.sent_at < turned_at]
    late = traffic.late_seconds
    moves = [
        Move(strategy, False, promoted, before, late),
        Move(strategy, True, returned, traffic.since(turned_at), late),
    ]
    return moves if back else moves[:1]


async def _finishes(move: Coroutine[Any, Any, None], console: Console) -> bool:
    """Not, if a version was judged on a machine too busy for it; that is told, and the next one comes."""
    try:
        await move
    except TimeoutError as error:
        console.print(f"not finished: {error}", markup=False, soft_wrap=True)
        return False
    return True


async def measure(stage: Stage, arguments: argparse.Namespace, console: Console) -> list[Move]:
    """As many promotions as asked for; so many of them, the first ones, are rolled back."""
    await prove_first_version(stage)
    moves: list[Move] = []
    for run in track(range(arguments.promotions), "promotions and rollbacks", console=console):
        made = await promote_and_roll_back(stage, run, back=run < arguments.rollbacks, console=console)
        moves += made
        for move in made:
            _tell_lost(move, console)
    return moves


def _tell_lost(move: Move, console: Console) -> None:
    if move.lost:
        what, first = "rollback" if move.is_rollback else "promotion", move.lost[0]
        told = f"{first.status or 'no answer'}, {first.version or 'no version'}: {first.problem}"
        slowest = max(answer.latency_seconds for answer in move.answers)
        console.print(
            f"{move.strategy}: {len(move.lost)} lost in a {what}, the first: {told}; slowest answer {slowest:.1f} s, "
            f"client late by {move.client_late_seconds:.1f} s at most",
            markup=False,
            soft_wrap=True,
        )


def figures_of(moves: Sequence[Move]) -> dict[str, float]:
    """Of all together, and of each strategy."""
    figures = _counts(moves)
    for strategy in STRATEGIES:
        own = _counts([move for move in moves if move.strategy == strategy])
        figures |= {f"{strategy}.{name}": count for name, count in own.items()}
    return figures


def _counts(moves: Sequence[Move]) -> dict[str, float]:
    return {
        "requests": sum(len(move.answers) for move in moves),
        "lost_requests": sum(len(move.lost) for move in moves),
        "promotions": sum(move.finished and not move.is_rollback for move in moves),
        "rollbacks": sum(move.finished and move.is_rollback for move in moves),
        "unfinished": sum(not move.finished for move in moves),
    }


def main() -> int:
    """Exit status 0: no request was lost, and every move was finished."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--promotions", type=int, default=50)
    parser.add_argument("--rollbacks", type=int, default=50, help="of what was promoted, so no more than --promotions")
    parser.add_argument("--quick", action="store_true", help=f"{len(STRATEGIES)} of each, one in each way")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.promotions = arguments.rollbacks = len(STRATEGIES)
    if arguments.rollbacks > arguments.promotions:
        parser.error("--rollbacks: only what was promoted can be rolled back; ask for no more than --promotions")
    console = Console()
    moves = on_cluster(measure, (FIRST, IMPROVED), arguments, console)
    settings = {"requests_per_second": RATE_PER_SECOND, "strategies": STRATEGIES, **vars(arguments)}
    figures = figures_of(moves)
    write_report("strategies", settings=settings, figures=figures, console=console)
    bars = bars_at_most(figures, LIMITS)
    console.print(bars_table(bars))
    return 0 if all(bar.is_met for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
