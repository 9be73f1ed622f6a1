"""The sequential tests of one rate (errors, or slow answers): against a limit, and against the stable version.

Each runs over the whole epoch and, for changes that come late, over the current window. Ville's inequality is
about the largest e-value so far, so peaks are kept: evidence that was once enough stays enough.
"""

from dataclasses import dataclass, field, replace
from math import log
from typing import Self

from bertrelease_operator.core.evidence.confidence import LOG_EPOCH_THRESHOLD, LOG_WINDOW_THRESHOLD
from bertrelease_operator.core.statistics.bernoulli import log_e_value
from bertrelease_operator.core.statistics.two_sample import Block, TwoSampleTest


@dataclass(frozen=True, slots=True)
class Peaks:
    """Largest log e-values so far, and the epoch's as of now."""

    epoch: float = 0.0
    window: float = 0.0
    latest: float = 0.0

    @property
    def crossed(self) -> bool:
        return self.crossed_as_one_of(1)

    def crossed_as_one_of(self, tests: int) -> bool:
        """Where a check runs `tests` tests and fails by any of them, each must be surer (union bound)."""
        return self.epoch >= LOG_EPOCH_THRESHOLD + log(tests) or self.window >= LOG_WINDOW_THRESHOLD + log(tests)

    def seen(self, epoch: float, window: float) -> Self:
        return replace(self, epoch=max(self.epoch, epoch), window=max(self.window, window), latest=epoch)


@dataclass(frozen=True, slots=True)
class Count:
    """`hits` of `trials`: failed of all requests, or slow of all."""

    trials: int = 0
    hits: int = 0

    @property
    def rate(self) -> float:
        return self.hits / self.trials if self.trials else 0.0

    def plus(self, other: "Count") -> "Count":
        return Count(self.trials + other.trials, self.hits + other.hits)


@dataclass(frozen=True, slots=True)
class LimitTest:
    """Is the candidate's rate above `limit` (a fraction)?"""

    epoch: Count = field(default_factory=Count)
    window: Count = field(default_factory=Count)
    peaks: Peaks = field(default_factory=Peaks)

    def advanced(self, new: Count, limit: float) -> Self:
        epoch, window = self.epoch.plus(new), self.window.plus(new)
        if not new.trials:
            return self
        peaks = self.peaks.seen(
            log_e_value(trials=epoch.trials, successes=epoch.hits, null_rate=limit),
            log_e_value(trials=window.trials, successes=window.hits, null_rate=limit),
        )
        return replace(self, epoch=epoch, window=window, peaks=peaks)

    def in_new_window(self) -> Self:
        return replace(self, window=Count())


@dataclass(frozen=True, slots=True)
class ComparisonTest:
    """Is the candidate's rate above the stable version's by more than `margin` (a fraction)?"""

    candidate: Count = field(default_factory=Count)
    stable: Count = field(default_factory=Count)
    epoch: TwoSampleTest = field(default_factory=TwoSampleTest)
    window: TwoSampleTest = field(default_factory=TwoSampleTest)
    peaks: Peaks = field(default_factory=Peaks)

    def advanced(self, candidate: Count, stable: Count, margin: float) -> Self:
        if not candidate.trials and not stable.trials:
            return self
        block = Block(candidate.trials, candidate.hits, stable.trials, stable.hits)
        epoch, window = self.epoch.update(block, margin=margin), self.window.update(block, margin=margin)
        return replace(
            self,
            candidate=self.candidate.plus(candidate),
            stable=self.stable.plus(stable),
            epoch=epoch,
            window=window,
            peaks=self.peaks.seen(epoch.log_e_value, window.log_e_value),
        )

    def in_new_window(self) -> Self:
        return replace(self, window=TwoSampleTest())
