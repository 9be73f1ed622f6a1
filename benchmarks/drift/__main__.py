"""How many copied requests it takes to stop a model for its answers, and how often a good one is stopped.

What the demo's models answer is measured: the same model in another precision is the good version, since that is the
most harmless change there is. Then mirror steps of five minutes with 50 copies a second are simulated from
these answers, and judged by the shipped evidence code, with a look a second. On the same steps judge fixed thresholds:
the plain one (the agreement of every 10 s, stop below the limit), and the best of many, which is the one that finds the
drift in the fewest requests of those that stop no more good versions than we do.
"""

import argparse
import math
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.drift.answers import Answers, Model, guesses, taught
from benchmarks.drift.judges import PLAIN, RULES, Outcomes, judge
from benchmarks.drift.simulation import COPIES_PER_SECOND, STEP_SECONDS
from benchmarks.report import write_report
from examples.models.variants import Variant

# As docs/drift.md advises: below what a good version was seen to agree.
_MARGIN_PERCENT: Final = 2
_RESOLUTION: Final = 0.002  # below, the releases of one run cannot tell one rate from another


class Asked(NamedTuple):
    """What each model answers to the same texts."""

    stable: Answers
    requantised: Answers
    hotpot: Answers


def ask(console: Console) -> tuple[Asked, dict[str, float]]:
    """The answers, and the percentages of them that agree with the stable version's."""
    good, improved, texts = Model(Variant.GOOD), Model(Variant.IMPROVED), guesses()
    models = Asked(
        good.answers(texts, console),
        Model(Variant.GOOD, "bf16").answers(texts, console),
        Model(Variant.HOTPOT).answers(texts, console),
    )
    pairs = {
        "requantised": (models.stable, models.requantised),
        "hotpot": (models.stable, models.hotpot),
        "retrained.guesses": (models.stable, improved.answers(texts, console)),
        "retrained.taught": (good.answers(taught(), console), improved.answers(taught(), console)),
    }
    return models, {name: 100 * one.agreement(other) for name, (one, other) in pairs.items()}


def changed(stable: Answers, agreement_percent: float) -> Answers:
    """A model that answers exactly so many of the texts like `stable`."""
    tokens = stable.tokens.copy()
    others = round(len(tokens) * (1 - agreement_percent / 100))
    tokens[np.random.default_rng(1).permutation(len(tokens))[:others]] = "?"
    return Answers(tokens, stable.scores)


def median(requests: np.ndarray) -> float | None:
    """None if most are never stopped."""
    found = float(np.median(requests))
    return found if math.isfinite(found) else None


def rate(requests: np.ndarray) -> float:
    return float(np.isfinite(requests).mean())


def best_rule(good: Outcomes, bad: Outcomes) -> int:
    """Of the rules that stop no more good versions than we do, the one that finds the bad one first."""
    allowed = max(rate(good.ours), _RESOLUTION)
    fit = [index for index in range(len(RULES)) if rate(good.rules[index]) <= allowed]
    return min(fit, key=lambda index: (float(np.median(bad.rules[index])), index))


class Scenarios:
    """Runs `releases` of each candidate on all processes."""

    def __init__(
        self, pool: ProcessPoolExecutor, console: Console, releases: int, stable: Answers, min_agreement: float
    ) -> None:
        self._pool, self._console, self._releases = pool, console, releases
        self._stable, self._min_agreement = stable, min_agreement

    def run(self, name: str, candidate: Answers) -> Outcomes:
        task = partial(judge, candidate=candidate, stable=self._stable, min_agreement=self._min_agreement)
        found = self._pool.map(task, range(self._releases), chunksize=10)
        rows = list(track(found, name, total=self._releases, console=self._console))
        return Outcomes(np.array([row[0] for row in rows]), np.array([row[1:] for row in rows]).T)


def measure(
    scenarios: Scenarios, models: Asked, min_agreement: float
) -> tuple[dict[str, str], dict[str, float | None]]:
    """Settings and figures."""
    good = scenarios.run("requantised", models.requantised)
    border = scenarios.run("at the limit", changed(models.stable, min_agreement))
    settings: dict[str, str] = {}
    figures: dict[str, float | None] = {
        "false_alarm_rate": rate(good.ours),
        "false_alarm_rate.threshold_plain": rate(good.rules[RULES.index(PLAIN)]),
        "false_alarm_rate.at_the_limit": rate(border.ours),
        "false_alarm_rate.at_the_limit.threshold_plain": rate(border.rules[RULES.index(PLAIN)]),
    }
    for name, candidate in {"hotpot": models.hotpot, "ten_points": changed(models.stable, min_agreement - 10)}.items():
        bad = scenarios.run(name, candidate)
        best = best_rule(good, bad)
        settings[f"threshold.{name}"] = str(RULES[best])
        ours, rules = median(bad.ours), median(bad.rules[best])
        figures |= {
            f"requests_to_detect.{name}": ours,
            f"requests_to_detect.{name}.threshold": rules,
            f"requests_to_detect.{name}.threshold_plain": median(bad.rules[RULES.index(PLAIN)]),
            f"requests_to_detect.{name}.threshold_ratio": rules / ours if rules and ours else None,
            f"undetected_rate.{name}": 1 - rate(bad.ours),
        }
    return settings, figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=int, default=1000, help="simulated releases for each scenario")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)), help="worker processes")
    arguments = parser.parse_args()
    console = Console()
    models, agreement = ask(console)
    min_agreement = math.floor(agreement["requantised"]) - _MARGIN_PERCENT
    with ProcessPoolExecutor(arguments.processes) as pool:
        scenarios = Scenarios(pool, console, arguments.releases, models.stable, min_agreement)
        settings, figures = measure(scenarios, models, min_agreement)
    write_report(
        "drift",
        settings={
            "releases": arguments.releases,
            "step_seconds": STEP_SECONDS,
            "copies_per_second": COPIES_PER_SECOND,
            "texts": len(models.stable.tokens),
            "min_agreement_percent": min_agreement,
            **settings,
        },
        figures={**{f"agreement_percent.{name}": percent for name, percent in agreement.items()}, **figures},
        console=console,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
