"""How often good versions are taken back, and how many requests a bad one gets before it is.

Simulates the default canary (10, 25, 50 %, a minute each, 200 requests/s) with a look every second. The shipped code
judges at its shipped levels and limits, all request checks together. On the same releases the interval-threshold
rule judges, at its best setting for the task: of all settings that take back no more good versions than we do (or
than 0.1 %, where ours are rarer than the simulation can tell), the one that finds the regression in the fewest
requests. Each of its settings watches one figure only, which spares it the false alarms of the others.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from benchmarks.judgement_model import Behaviour, simulate
from benchmarks.judgement_peeking import ALPHA, LOOKS, comparison_crossed, limit_crossed
from benchmarks.judgement_rules import Requests, ThresholdRule, in_intervals, judged_by_us
from benchmarks.report import write_report

UNCHANGED: Final = Behaviour()
REGRESSIONS: Final = {"errors_2pct": Behaviour(error_rate=0.02), "p95_doubled": Behaviour(p95_ms=80.0)}
# Below this, a few thousand releases cannot tell one rate from another.
RESOLUTION: Final = 0.001
CHUNK: Final = 50
Result = TypeVar("Result")

_SETTINGS: Final = tuple(
    product((2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60), range(1, 9), (False, True), (1, 50, 100, 200))
)
_ERROR_RULES: Final = tuple(ThresholdRule(*setting, max_error_rate=0.005) for setting in _SETTINGS)
_LATENCY_RULES: Final = tuple(
    ThresholdRule(*setting, max_p95_ratio=ratio) for setting, ratio in product(_SETTINGS, (1.1, 1.25, 1.5, 1.75))
)
RULES: Final = _ERROR_RULES + _LATENCY_RULES
RULES_FOR: Final = {"errors_2pct": _ERROR_RULES, "p95_doubled": _LATENCY_RULES}


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Requests until the rollback; inf without one."""

    ours: Requests
    rules: NDArray[np.float64]  # shape (rules, releases)


def _judge_chunk(task: tuple[Behaviour, int]) -> Outcomes:
    behaviour, seed = task
    canaries = simulate(behaviour, CHUNK, seed)
    intervals = {
        seconds: in_intervals(canaries, seconds) for seconds in sorted({rule.interval_seconds for rule in RULES})
    }
    return Outcomes(judged_by_us(canaries), np.array([rule.judge(intervals[rule.interval_seconds]) for rule in RULES]))


def rollback_rate(requests: Requests) -> float:
    return float(np.isfinite(requests).mean())


def median_requests(requests: Requests) -> float | None:
    """Over all releases, one that is never taken back counting as infinitely many; None if most are not."""
    median = float(np.median(requests))
    return median if np.isfinite(median) else None


def best_rule(name: str, quiet: Outcomes, found: Outcomes, *, consecutive: bool) -> int:
    """Index in `RULES` of the setting that finds regression `name` in the fewest requests."""
    allowed_rate = max(rollback_rate(quiet.ours), RESOLUTION)
    fit = [
        index
        for index, rule in enumerate(RULES)
        if rule in RULES_FOR[name]
        and rule.consecutive == consecutive
        and rollback_rate(quiet.rules[index]) <= allowed_rate
    ]
    return min(fit, key=lambda index: (np.median(found.rules[index]), index))


class Workers:
    """Runs tasks on all processes, and shows how far they are."""

    def __init__(self, pool: ProcessPoolExecutor, console: Console, releases: int) -> None:
        self._pool, self._console, self._releases = pool, console, releases

    def canaries(self, name: str, behaviour: Behaviour) -> Outcomes:
        tasks = [(behaviour, seed) for seed in range(-(-self._releases // CHUNK))]
        chunks = self._shown(name, self._pool.map(_judge_chunk, tasks), len(tasks))
        return Outcomes(
            np.concatenate([chunk.ours for chunk in chunks]), np.concatenate([chunk.rules for chunk in chunks], axis=1)
        )

    def crossing_rate(self, name: str, crossed: Callable[[int], bool]) -> float:
        outcomes = self._pool.map(crossed, range(self._releases), chunksize=CHUNK)
        return float(np.mean(self._shown(name, outcomes, self._releases)))

    def _shown(self, name: str, results: Iterable[Result], total: int) -> Sequence[Result]:
        return list(track(results, name, total=total, console=self._console))


def compared(name: str, quiet: Outcomes, found: Outcomes) -> tuple[dict[str, str], dict[str, float | None]]:
    """Settings of the best rules for regression `name`, and what they and we needed to find it."""
    settings: dict[str, str] = {}
    figures = _found_by(name, "ours", found.ours)
    for kind, consecutive in (("threshold", False), ("threshold_consecutive", True)):
        index = best_rule(name, quiet, found, consecutive=consecutive)
        settings[f"{kind}.{name}"] = str(RULES[index])
        figures |= {
            **_found_by(name, kind, found.rules[index]),
            f"false_rollback_rate.{kind}.{name}": rollback_rate(quiet.rules[index]),
        }
    return settings, figures


def _found_by(name: str, judge: str, requests: Requests) -> dict[str, float | None]:
    return {
        f"requests_to_detect.{name}.{judge}": median_requests(requests),
        f"undetected_rate.{name}.{judge}": 1 - rollback_rate(requests),
    }


def measure(workers: Workers) -> tuple[dict[str, str], dict[str, float | None]]:
    """Settings and figures of the whole benchmark."""
    quiet = workers.canaries("unchanged", UNCHANGED)
    settings: dict[str, str] = {}
    figures: dict[str, float | None] = {"false_rollback_rate.ours": rollback_rate(quiet.ours)}
    for name, behaviour in REGRESSIONS.items():
        rules, found = compared(name, quiet, workers.canaries(name, behaviour))
        settings |= rules
        figures |= found
    figures["false_rollback_rate.threshold"] = figures["false_rollback_rate.threshold.errors_2pct"]
    figures["crossing_rate_at_the_border.limit"] = workers.crossing_rate("at the limit", limit_crossed)
    figures["crossing_rate_at_the_border.comparison"] = workers.crossing_rate("at the margin", comparison_crossed)
    return settings, figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=int, default=2000, help="simulated releases for each scenario")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)), help="worker processes")
    arguments = parser.parse_args()
    console = Console()
    with ProcessPoolExecutor(arguments.processes) as pool:
        settings, figures = measure(Workers(pool, console, arguments.releases))
    write_report(
        "judgement",
        settings={"releases": arguments.releases, "border.alpha": ALPHA, "border.looks": LOOKS, **settings},
        figures=dict(sorted(figures.items())),
        console=console,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
