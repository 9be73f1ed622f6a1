"""Two rates in the same seconds: evidence that the candidate's is above the stable version's by more than a margin.

For each block of new counts (n_c, k_c of the candidate; n_s, k_s of the stable version) and an alternative (a, b)
that was fixed before the block was seen, the e-value is the likelihood ratio of (a, b) to its projection (x + margin,
x) on the border of the null hypothesis "p_c <= p_s + margin". The projection minimises the Kullback-Leibler divergence
n_c KL(a, x + margin) + n_s KL(b, x). Turner, Ly and Gruenwald, "Generic E-variables for exact sequential k-sample
tests that allow for optional stopping" (arXiv 2106.02693), show that such a ratio is an e-variable. In short: its
expectation under any (p_c, p_s) is (1 + A d_c)^n_c (1 + B d_s)^n_s with d the distance from the projection and A, B the
slopes of the divergence there, so its logarithm is at most n_c A d_c + n_s B d_s, which is at most 0 for every point
of the null because the null is convex and the projection is optimal.

Blocks may have any size, and the rates may drift from block to block, as long as the null holds in each: a shock that
hits both versions alike is no evidence.
"""

from dataclasses import dataclass, replace
from math import log
from typing import Final, Self

from bertrelease_operator.core.statistics.mixture import ODDS_MULTIPLES, log_mean

# The stable rate is estimated from its past as (k + 1/2) / (n + prior): small before anything is known.
_PRIOR_SUCCESSES: Final = 0.5
_PRIOR_TRIALS: Final = 100.0
# Above this border a candidate cannot be worse enough to be worth a bet.
_LARGEST_BORDER: Final = 0.98
_NEWTON_STEPS: Final = 60
_RELATIVE_PRECISION: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Block:
    """Requests and hits of both versions since the last look."""

    candidate_trials: int
    candidate_hits: int
    stable_trials: int
    stable_hits: int


@dataclass(frozen=True, slots=True)
class TwoSampleTest:
    """The evidence so far: the stable version's counts and, for each alternative, the product of block e-values.

    May start with stable counts from before the test: what is known of the past only chooses the bets.
    `prior_trials` are hits' rarity before anything is known: as many trials without one.
    """

    stable_trials: int = 0
    stable_hits: int = 0
    prior_trials: float = _PRIOR_TRIALS
    log_e_values: tuple[float, ...] = (0.0,) * len(ODDS_MULTIPLES)

    @property
    def log_e_value(self) -> float:
        """Natural log of the mean over the alternatives; ever reaches log(1/alpha) by chance at most alpha often."""
        return log_mean(self.log_e_values)

    def anew(self) -> Self:
        """The same test from its beginning, with what is known of the stable version by now."""
        return replace(self, log_e_values=(0.0,) * len(ODDS_MULTIPLES))

    def update(self, block: Block, *, margin: float) -> Self:
        """The evidence after `block`; `margin` is a fraction in [0, 1)."""
        stable_rate = (self.stable_hits + _PRIOR_SUCCESSES) / (self.stable_trials + self.prior_trials)
        values = self.log_e_values
        if block.candidate_trials and block.stable_trials and stable_rate + margin < _LARGEST_BORDER:
            values = tuple(
                value + _log_block_e_value(block, candidate_rate, stable_rate, margin)
                for value, candidate_rate in zip(values, _alternatives(stable_rate + margin), strict=True)
            )
        return replace(
            self,
            stable_trials=self.stable_trials + block.stable_trials,
            stable_hits=self.stable_hits + block.stable_hits,
            log_e_values=values,
        )


def _alternatives(border_rate: float) -> list[float]:
    """Candidate rates to bet on; `border_rate` is the largest that the null hypothesis allows."""
    odds = border_rate / (1 - border_rate)
    return [odds * multiple / (1 + odds * multiple) for multiple in ODDS_MULTIPLES]


def _log_block_e_value(block: Block, candidate_rate: float, stable_rate: float, margin: float) -> float:
    border = _projection(block, candidate_rate, stable_rate, margin)
    return _log_ratio(block.candidate_trials, block.candidate_hits, candidate_rate, border + margin) + _log_ratio(
        block.stable_trials, block.stable_hits, stable_rate, border
    )


def _log_ratio(trials: int, hits: int, rate: float, null_rate: float) -> float:
    return hits * log(rate / null_rate) + (trials - hits) * log((1 - rate) / (1 - null_rate))


def _projection(block: Block, candidate_rate: float, stable_rate: float, margin: float) -> float:
    """The x in [stable_rate, candidate_rate - margin] at which the divergence is least.

    Newton's method on its slope, which grows with x; a step that would leave the bracket is replaced by bisection.
    """
    low, high = stable_rate, candidate_rate - margin
    x = low
    for _ in range(_NEWTON_STEPS):
        candidate_slope, candidate_curvature = _divergence(candidate_rate, x + margin)
        stable_slope, stable_curvature = _divergence(stable_rate, x)
        slope = block.candidate_trials * candidate_slope + block.stable_trials * stable_slope
        step = -slope / (block.candidate_trials * candidate_curvature + block.stable_trials * stable_curvature)
        if abs(step) <= _RELATIVE_PRECISION * x:
            break
        if slope < 0:
            low = x
        else:
            high = x
        x = x + step if low < x + step < high else (low + high) / 2
    return x


def _divergence(rate: float, null_rate: float) -> tuple[float, float]:
    """First and second derivative of KL(rate, null_rate) by null_rate."""
    hit, miss = rate / null_rate, (1 - rate) / (1 - null_rate)
    return miss - hit, miss / (1 - null_rate) + hit / null_rate
