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
from math import exp, log
from typing import Final, Self

# The alternatives: odds of the candidate's rate as multiples of the odds of (stable rate + margin).
_ODDS_MULTIPLES: Final = (1.4, 2.0, 3.5, 7.0, 20.0, 100.0)
# The stable rate is estimated from its past as (k + 1/2) / (n + _PRIOR_TRIALS): small before anything is known.
_PRIOR_SUCCESSES: Final = 0.5
_PRIOR_TRIALS: Final = 100.0
_LARGEST_RATE: Final = 0.98
_BISECTIONS: Final = 40


@dataclass(frozen=True, slots=True)
class Block:
    """Requests and hits of both versions since the last look."""

    candidate_trials: int
    candidate_hits: int
    stable_trials: int
    stable_hits: int


@dataclass(frozen=True, slots=True)
class TwoSampleTest:
    """The evidence so far: one product of block e-values for each alternative."""

    stable_trials: int = 0
    stable_hits: int = 0
    log_e_values: tuple[float, ...] = (0.0,) * len(_ODDS_MULTIPLES)

    @property
    def log_e_value(self) -> float:
        """Natural log of the mean over the alternatives; reaches log(1/alpha) by chance at most alpha often."""
        largest = max(self.log_e_values)
        return largest + log(sum(exp(value - largest) for value in self.log_e_values) / len(self.log_e_values))

    def update(self, block: Block, *, margin: float) -> Self:
        """The evidence after `block`; `margin` is a fraction in [0, 1)."""
        stable_rate = (self.stable_hits + _PRIOR_SUCCESSES) / (self.stable_trials + _PRIOR_TRIALS)
        values = self.log_e_values
        if block.candidate_trials and block.stable_trials and stable_rate + margin < _LARGEST_RATE:
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
    odds = border_rate / (1 - border_rate)
    return [min(_LARGEST_RATE, odds * multiple / (1 + odds * multiple)) for multiple in _ODDS_MULTIPLES]


def _log_block_e_value(block: Block, candidate_rate: float, stable_rate: float, margin: float) -> float:
    border = _projection(block, candidate_rate, stable_rate, margin)
    return _log_ratio(block.candidate_trials, block.candidate_hits, candidate_rate, border + margin) + _log_ratio(
        block.stable_trials, block.stable_hits, stable_rate, border
    )


def _log_ratio(trials: int, hits: int, rate: float, null_rate: float) -> float:
    return hits * log(rate / null_rate) + (trials - hits) * log((1 - rate) / (1 - null_rate))


def _projection(block: Block, candidate_rate: float, stable_rate: float, margin: float) -> float:
    """The x between the two rates at which the divergence's slope is 0; its slope grows with x."""
    low, high = stable_rate, candidate_rate - margin
    for _ in range(_BISECTIONS):
        x = (low + high) / 2
        null_candidate = x + margin
        slope = block.candidate_trials * (null_candidate - candidate_rate) / (
            null_candidate * (1 - null_candidate)
        ) + block.stable_trials * (x - stable_rate) / (x * (1 - x))
        if slope < 0:
            low = x
        else:
            high = x
    return (low + high) / 2
