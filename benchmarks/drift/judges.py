"""Two judges of the same simulated mirror steps: the shipped check, and fixed thresholds on the plain agreement."""

from dataclasses import dataclass
from itertools import product
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.drift.answers import Answers
from benchmarks.drift.simulation import COPIES_PER_SECOND, STEP_SECONDS, WATCH, Copies, differing, draw, looks
from bertrelease_operator.api.health import Health
from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.evidence.gather import EvidenceState, advance
from bertrelease_operator.core.evidence.prediction_checks import prediction_checks

Requests = NDArray[np.float64]  # copies until the candidate is stopped; inf if it never is


class Rule(NamedTuple):
    """Stops the candidate after `failures` intervals of `seconds` whose plain agreement is below the limit."""

    seconds: int
    failures: int

    def until(self, differ: NDArray[np.int64], limit: float) -> float:
        rates = differ.reshape(-1, self.seconds).sum(axis=1) / (self.seconds * COPIES_PER_SECOND)
        enough = np.flatnonzero(np.cumsum(rates > limit) >= self.failures)
        return float((enough[0] + 1) * self.seconds * COPIES_PER_SECOND) if enough.size else np.inf


PLAIN: Final = Rule(10, 1)
RULES: Final = tuple(
    Rule(seconds, failures)
    for seconds, failures in product((1, 2, 5, 10, 20, 30, 60), (1, 2, 3, 5, 10, 20))
    if seconds * failures <= STEP_SECONDS
)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """By release; `rules` has a row for each of `RULES`."""

    ours: Requests
    rules: NDArray[np.float64]


def judge(seed: int, *, candidate: Answers, stable: Answers, min_agreement: float) -> list[float]:
    """Copies until the candidate of one release is stopped: by the shipped check, then by each rule."""
    copies = draw(len(stable.tokens), seed)
    differ = differing(copies, candidate, stable)
    ours = _until_the_check_fails(copies, candidate, stable, min_agreement)
    return [ours, *(rule.until(differ, 1 - min_agreement / 100) for rule in RULES)]


def _until_the_check_fails(copies: Copies, candidate: Answers, stable: Answers, min_agreement: float) -> float:
    health = Health.model_validate({"predictionDrift": {"minAgreement": min_agreement, "tasks": ["fill-mask"]}})
    state = EvidenceState()
    for second, look in enumerate(looks(copies, candidate, stable)):
        state = advance(state, WATCH, look, health)
        if any(check.verdict is Verdict.FAIL for check in prediction_checks(state, WATCH, health)):
            return float(second * COPIES_PER_SECOND)
    return np.inf
