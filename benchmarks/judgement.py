"""How often good versions are taken back, and how many requests a bad one gets before it is.

Simulates the default canary (10, 25, 50 %, a minute each, 200 requests/s) with a look every second, judged by the
shipped code at its shipped levels, and by the interval-threshold rule of other controllers. That rule is given its
best setting: of all intervals and numbers of failures (and ratios, for the latency scenario) whose false rollbacks
are no more frequent than ours, or than 0.1 % where ours are rarer than the simulation can tell, the one that finds
the regression in the fewest requests.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from typing import Final

from rich.console import Console
from rich.progress import track

from benchmarks.judgement_model import STABLE_P95_MS, Behaviour, simulate
from benchmarks.judgement_rules import ThresholdRule, intervals, ours
from benchmarks.report import write_report

UNCHANGED: Final = Behaviour()
ERRORS_2PCT: Final = Behaviour(error_rate=0.02)
P95_DOUBLED: Final = Behaviour(p95_ms=2 * STABLE_P95_MS)
AT_THE_LIMIT: Final = Behaviour(error_rate=0.005)
# Below this, a few thousand releases cannot tell one rate from another.
RESOLUTION: Final = 0.001

INTERVALS_SECONDS: Final = (5, 10, 20, 30, 60)
FAILURES: Final = (1, 2, 3, 4, 5, 6)
RATIOS: Final = (1.1, 1.25, 1.5, 1.75)

Outcomes = list[int | None]


def _ours(task: tuple[Behaviour, int]) -> int | None:
    behaviour, seed = task
    return ours(simulate(behaviour, UNCHANGED, seed))


def judged_by_us(behaviour: Behaviour, count: int, name: str, pool: ProcessPoolExecutor, console: Console) -> Outcomes:
    tasks = [(behaviour, seed) for seed in range(count)]
    return list(track(pool.map(_ours, tasks, chunksize=20), name, total=count, console=console))


def _by_rules(task: tuple[Behaviour, int, Sequence[ThresholdRule]]) -> Outcomes:
    behaviour, seed, rules = task
    run = simulate(behaviour, UNCHANGED, seed)
    seen = {seconds: intervals(run, seconds) for seconds in INTERVALS_SECONDS}
    return [rule.requests_until_rollback(seen[rule.interval_seconds]) for rule in rules]


def judged_by_rules(
    rules: Sequence[ThresholdRule],
    behaviour: Behaviour,
    count: int,
    name: str,
    *,
    pool: ProcessPoolExecutor,
    console: Console,
) -> list[Outcomes]:
    """For each rule, the outcome of each release."""
    tasks = [(behaviour, seed, rules) for seed in range(count)]
    rows = list(track(pool.map(_by_rules, tasks, chunksize=20), name, total=count, console=console))
    return [list(column) for column in zip(*rows, strict=True)]


def rollback_rate(outcomes: Outcomes) -> float:
    return sum(outcome is not None for outcome in outcomes) / len(outcomes)


def median_requests(outcomes: Outcomes) -> float | None:
    """Over all releases: one that is never caught counts as infinitely many. None if most are not caught."""
    middle = statistics.median(float("inf") if outcome is None else outcome for outcome in outcomes)
    return None if middle == float("inf") else middle


def best_rule(
    rules: Sequence[ThresholdRule], false_rates: Sequence[float], found: Sequence[Outcomes], allowed: float
) -> tuple[ThresholdRule, float, Outcomes] | None:
    """The rule with the fewest requests to detect among those with few enough false rollbacks."""
    fit = [
        (median, rule, rate, outcomes)
        for rule, rate, outcomes in zip(rules, false_rates, found, strict=True)
        if rate <= allowed and (median := median_requests(outcomes)) is not None
    ]
    if not fit:
        return None
    _, rule, rate, outcomes = min(fit, key=lambda item: item[0])
    return rule, rate, outcomes


def rules_with(make: Callable[[int, int, float], ThresholdRule], ratios: Sequence[float]) -> list[ThresholdRule]:
    return [
        make(interval, failures, ratio) for interval, failures, ratio in product(INTERVALS_SECONDS, FAILURES, ratios)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=int, default=2000, help="simulated releases for each scenario")
    count = parser.parse_args().releases
    console = Console()
    error_rules = rules_with(lambda i, f, _: ThresholdRule(i, f), (1.0,))
    latency_rules = rules_with(lambda i, f, r: ThresholdRule(i, f, max_error_rate=None, max_p95_ratio=r), RATIOS)
    rules = [*error_rules, *latency_rules]
    with ProcessPoolExecutor() as pool:
        quiet = judged_by_us(UNCHANGED, count, "unchanged", pool, console)
        edge = judged_by_us(AT_THE_LIMIT, count, "at the limit", pool, console)
        errors = judged_by_us(ERRORS_2PCT, count, "errors 2 %", pool, console)
        latency = judged_by_us(P95_DOUBLED, count, "P95 doubled", pool, console)
        rule_quiet = judged_by_rules(rules, UNCHANGED, count, "rules: unchanged", pool=pool, console=console)
        rule_edge = judged_by_rules(error_rules, AT_THE_LIMIT, count, "rules: at the limit", pool=pool, console=console)
        rule_errors = judged_by_rules(error_rules, ERRORS_2PCT, count, "rules: errors 2 %", pool=pool, console=console)
        rule_latency = judged_by_rules(
            latency_rules, P95_DOUBLED, count, "rules: P95 doubled", pool=pool, console=console
        )
    allowed = max(rollback_rate(quiet), RESOLUTION)
    false_rates = [rollback_rate(outcomes) for outcomes in rule_quiet]
    by_errors = best_rule(error_rules, false_rates[: len(error_rules)], rule_errors, allowed)
    by_latency = best_rule(latency_rules, false_rates[len(error_rules) :], rule_latency, allowed)
    write_report(
        "judgement",
        settings={
            "releases": count,
            "threshold_rule.errors_2pct": str(by_errors[0]) if by_errors else None,
            "threshold_rule.p95_doubled": str(by_latency[0]) if by_latency else None,
        },
        figures={
            "false_rollback_rate.ours": rollback_rate(quiet),
            "false_rollback_rate.threshold": by_errors[1] if by_errors else None,
            "false_rollback_rate_at_the_limit.ours": rollback_rate(edge),
            "false_rollback_rate_at_the_limit.threshold": (
                rollback_rate(rule_edge[error_rules.index(by_errors[0])]) if by_errors else None
            ),
            "requests_to_detect.errors_2pct.ours": median_requests(errors),
            "requests_to_detect.errors_2pct.threshold": median_requests(by_errors[2]) if by_errors else None,
            "undetected.errors_2pct.ours": 1 - rollback_rate(errors),
            "undetected.errors_2pct.threshold": 1 - rollback_rate(by_errors[2]) if by_errors else None,
            "requests_to_detect.p95_doubled.ours": median_requests(latency),
            "requests_to_detect.p95_doubled.threshold": median_requests(by_latency[2]) if by_latency else None,
            "undetected.p95_doubled.ours": 1 - rollback_rate(latency),
            "undetected.p95_doubled.threshold": 1 - rollback_rate(by_latency[2]) if by_latency else None,
        },
        console=console,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
