"""One rate: evidence that it is above a limit, and a confidence interval, both valid at every look.

Sources: mixture supermartingales and their inversion into confidence sequences, Howard, Ramdas, McAuliffe and
Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences" (arXiv 1810.08240); Ville's inequality.
"""

from collections.abc import Callable
from functools import lru_cache
from math import inf, lgamma, log, log1p
from typing import Final

from bertrelease_operator.core.statistics.mixture import ODDS_MULTIPLES, log_mean

# Jeffreys' prior: the mixing density of the confidence sequence.
_PRIOR: Final = 0.5
_BISECTIONS: Final = 60


def log_e_value(*, trials: int, successes: int, null_rate: float) -> float:
    """Natural log of the evidence that a rate is above `null_rate`, from counts alone.

    The e-value is the weighted mean, over fixed alternatives q above the limit p, of the likelihood ratios
    (q/p)^k ((1-q)/(1-p))^(n-k). Each ratio is a supermartingale whenever every trial succeeds with probability
    at most p, also if that probability changes from trial to trial, and so is their mean: by Ville's
    inequality, the chance that the e-value ever reaches 1/alpha is at most alpha. Raises ValueError for counts
    that cannot be.
    """
    _check(trials, successes)
    if null_rate <= 0:
        return inf if successes else 0.0
    if null_rate >= 1 or not trials:
        return 0.0
    return log_mean(
        [
            successes * log_ratio_hit + (trials - successes) * log_ratio_miss
            for log_ratio_hit, log_ratio_miss in _log_ratios(null_rate)
        ]
    )


@lru_cache(maxsize=256)
def _log_ratios(null_rate: float) -> tuple[tuple[float, float], ...]:
    """log(q/p) and log((1-q)/(1-p)) of each alternative q."""
    null_odds = null_rate / (1 - null_rate)
    ratios = []
    for multiple in ODDS_MULTIPLES:
        # log((1-q)/(1-p)) = log1p(odds_p) - log1p(odds_q): exact also for rates near 0.
        log_ratio_miss = log1p(null_odds) - log1p(null_odds * multiple)
        ratios.append((log(multiple) + log_ratio_miss, log_ratio_miss))
    return tuple(ratios)


def confidence_bounds(*, trials: int, successes: int, alpha: float) -> tuple[float, float]:
    """Bounds (low, high) that contain a constant rate at all looks together with probability 1 - alpha.

    Inverts Robbins' mixture martingale with Jeffreys' prior,
    M(p) = B(k + 1/2, n - k + 1/2) / (B(1/2, 1/2) p^k (1-p)^(n-k)): the rates p with M(p) < 1/alpha.
    """
    _check(trials, successes)
    if not trials:
        return 0.0, 1.0
    misses = trials - successes
    log_mixture = _log_beta(successes + _PRIOR, misses + _PRIOR) - _log_beta(_PRIOR, _PRIOR)

    def excluded(rate: float) -> bool:
        return log_mixture - _log_likelihood(rate, successes, misses) >= -log(alpha)

    estimate = successes / trials
    return _edge(estimate, 0.0, excluded), _edge(estimate, 1.0, excluded)


def _edge(inside: float, outside: float, excluded: Callable[[float], bool]) -> float:
    """The border of the interval between `inside` and the end `outside` of the unit interval."""
    if not excluded(outside):
        return outside
    for _ in range(_BISECTIONS):
        middle = (inside + outside) / 2
        if excluded(middle):
            outside = middle
        else:
            inside = middle
    return outside


def _log_likelihood(rate: float, successes: int, misses: int) -> float:
    if (successes and rate <= 0) or (misses and rate >= 1):
        return -inf
    return (successes * log(rate) if successes else 0.0) + (misses * log1p(-rate) if misses else 0.0)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _check(trials: int, successes: int) -> None:
    if not 0 <= successes <= trials:
        msg = f"{successes} of {trials} is not a count"
        raise ValueError(msg)
