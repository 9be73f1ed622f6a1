"""The alternatives that the tests bet on, and the mean of the bets.

A test against one alternative is fastest when that alternative is true, and useless when the truth is far from it.
The weighted mean of tests against several alternatives is again a test at the same level (the mean of
supermartingales is one), and reaches a threshold at the latest when the best of them has earned -log(weight) more:
Howard et al. (arXiv 1810.08240), section 3, with a mixing distribution that has finitely many points.
"""

from collections.abc import Sequence
from math import exp, log
from typing import Final

# Odds of each alternative as a multiple of the odds at the null hypothesis' border, and its weight. Steps of about
# two: between two points at most a tenth of the speed is lost, while each further point would dilute the others.
# Most weight lies on two to ten times, where hundreds of requests are at stake: at 80 times a few decide anyway.
_MIXTURE: Final = ((1.2, 0.04), (1.7, 0.10), (2.5, 0.20), (4.0, 0.26), (8.0, 0.20), (20.0, 0.12), (80.0, 0.08))
ODDS_MULTIPLES: Final = tuple(multiple for multiple, _ in _MIXTURE)
_LOG_WEIGHTS: Final = tuple(log(weight) for _, weight in _MIXTURE)


def log_mean(log_values: Sequence[float]) -> float:
    """Natural log of the weighted mean of exp(log_values), one for each of `ODDS_MULTIPLES`."""
    terms = [weight + value for weight, value in zip(_LOG_WEIGHTS, log_values, strict=True)]
    largest = max(terms)
    return largest + log(sum(exp(term - largest) for term in terms))
