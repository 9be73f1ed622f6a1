"""How long a batch will take: a straight line in its padded tokens, fitted to the batches that have run."""

from collections.abc import Hashable
from typing import NamedTuple

# Weight of a batch when the next one has run: what was measured twenty batches ago hardly counts.
MEMORY = 0.95
# A batch is believed to have been this much slower or faster than predicted at most; the next one that surprises in the
# same way that much more. Hiccups fade, lasting changes are learnt.
LARGEST_SURPRISE = 2.0
MOST_SURPRISES = 20  # in a row, that are counted: by then anything is believed
SHORTEST_SECONDS = 1e-6
# What starting a batch is assumed to cost, in tokens, while all batches were of one size: about right for bert-base.
USUAL_OVERHEAD_TOKENS = 24.0
# Share of x's mean square that must be variance before two parameters are fitted instead of one.
SMALLEST_SPREAD = 0.01
# Groups remembered for each scheduler; clients choose some of their parameters, so there is no end of them.
MOST_GROUPS = 256


class Line(NamedTuple):
    """seconds = overhead_seconds + seconds_per_token * padded tokens of the batch."""

    overhead_seconds: float
    seconds_per_token: float

    def seconds(self, padded_tokens: int) -> float:
        return self.overhead_seconds + self.seconds_per_token * padded_tokens

    def share_seconds(self, tokens: int, full_batch_tokens: int) -> float:
        """What a job adds to the work that waits, if it travels in a full batch: its part of the overhead included."""
        part = min(1.0, tokens / full_batch_tokens)
        return self.overhead_seconds * part + self.seconds_per_token * tokens


UNKNOWN = Line(0.0, 0.0)


class LineFit:
    """Weighted least squares over decaying sums. Weights are 1 / predicted seconds², so that relative errors count; by
    the seconds that batches took, the fast ones would decide."""

    def __init__(self, expected: Line = UNKNOWN) -> None:
        """`expected` is what the first batch is judged by."""
        self.line = expected
        self._surprises = 0  # in a row; below zero if they were faster than predicted
        self._overhead_tokens = USUAL_OVERHEAD_TOKENS
        self._w = self._x = self._y = self._xx = self._xy = 0.0

    def observe(self, padded_tokens: int, seconds: float) -> None:
        x, y = float(padded_tokens), max(seconds, SHORTEST_SECONDS)
        predicted = y
        if self.line is not UNKNOWN:
            predicted = max(self.line.seconds(padded_tokens), SHORTEST_SECONDS)
            y = self._believed(y, predicted)
        weight = 1.0 / (predicted * predicted)
        self._w = self._w * MEMORY + weight
        self._x = self._x * MEMORY + weight * x
        self._y = self._y * MEMORY + weight * y
        self._xx = self._xx * MEMORY + weight * x * x
        self._xy = self._xy * MEMORY + weight * x * y
        self.line = self._solve()

    def _believed(self, seconds: float, predicted_seconds: float) -> float:
        if seconds > LARGEST_SURPRISE * predicted_seconds:
            self._surprises = min(max(0, self._surprises) + 1, MOST_SURPRISES)
            return min(seconds, LARGEST_SURPRISE**self._surprises * predicted_seconds)
        if seconds < predicted_seconds / LARGEST_SURPRISE:
            self._surprises = max(min(0, self._surprises) - 1, -MOST_SURPRISES)
            return max(seconds, LARGEST_SURPRISE**self._surprises * predicted_seconds)
        self._surprises = 0
        return seconds

    def _solve(self) -> Line:
        spread = self._w * self._xx - self._x * self._x
        if spread < SMALLEST_SPREAD * self._w * self._xx:
            slope = self._y / (self._x + self._w * self._overhead_tokens)
            return Line(self._overhead_tokens * slope, slope)
        slope = (self._w * self._xy - self._x * self._y) / spread
        overhead = (self._y - slope * self._x) / self._w
        if slope <= 0:
            return Line(self._y / self._w, 0.0)
        line = Line(overhead, slope) if overhead > 0 else Line(0.0, self._xy / self._xx)
        self._overhead_tokens = line.overhead_seconds / line.seconds_per_token
        return line


class CostModel:
    """Lines by batch group; a group that has not run yet costs what its model did lately.

    Observed by the inference thread and read by others: a line is replaced as a whole.
    """

    def __init__(self) -> None:
        self._groups: dict[Hashable, LineFit] = {}
        self._models: dict[str, LineFit] = {}

    def line(self, model: str, group: Hashable) -> Line:
        """`UNKNOWN`, by which all is free, until a batch of the model has run."""
        fit = self._groups.get(group) or self._models.get(model)
        return UNKNOWN if fit is None else fit.line

    def observe(self, model: str, group: Hashable, padded_tokens: int, seconds: float) -> None:
        fit = self._groups.pop(group, None) or LineFit(self.line(model, group))
        fit.observe(padded_tokens, seconds)
        self._models.setdefault(model, LineFit()).observe(padded_tokens, seconds)
        self._groups[group] = fit  # the last in order: the first one is the longest unused
        if len(self._groups) > MOST_GROUPS:
            del self._groups[next(iter(self._groups))]
