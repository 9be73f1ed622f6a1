"""How often the tests cross their threshold by chance when the truth lies exactly on the border of their null.

That is the worst case that a level is stated for; everything inside the null crosses less often.
"""

from math import log
from typing import Final

import numpy as np

from bertrelease_operator.core.statistics.bernoulli import log_e_value
from bertrelease_operator.core.statistics.two_sample import Block, TwoSampleTest

ALPHA: Final = 0.05  # far above the shipped levels, so that a few thousand streams show whether it is kept
LOOKS: Final = 300
_LIMIT: Final = 0.005
_MARGIN: Final = 0.002
_CANDIDATE_REQUESTS: Final = 20
_STABLE_REQUESTS: Final = 180
_THRESHOLD: Final = -log(ALPHA)


def limit_crossed(seed: int) -> bool:
    """One candidate whose error rate is exactly the limit."""
    rng = np.random.default_rng(seed)
    errors = np.cumsum(rng.binomial(_CANDIDATE_REQUESTS, _LIMIT, LOOKS)).tolist()
    return any(
        log_e_value(trials=look * _CANDIDATE_REQUESTS, successes=failed, null_rate=_LIMIT) >= _THRESHOLD
        for look, failed in enumerate(errors, start=1)
    )


def comparison_crossed(seed: int) -> bool:
    """One candidate that is worse by exactly the margin, while shocks and drift hit both versions alike."""
    rng = np.random.default_rng(seed)
    stable_rates = 0.001 + 0.1 * np.sin(np.linspace(0, 7, LOOKS)) ** 8
    candidate = rng.binomial(_CANDIDATE_REQUESTS, stable_rates + _MARGIN).tolist()
    stable = rng.binomial(_STABLE_REQUESTS, stable_rates).tolist()
    test = TwoSampleTest()
    for candidate_errors, stable_errors in zip(candidate, stable, strict=True):
        test = test.update(
            Block(_CANDIDATE_REQUESTS, candidate_errors, _STABLE_REQUESTS, stable_errors), margin=_MARGIN
        )
        if test.log_e_value >= _THRESHOLD:
            return True
    return False
