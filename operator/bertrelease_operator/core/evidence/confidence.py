"""How sure is sure: error probabilities of the sequential tests, and how they add up over a release.

A test that is looked at every second until it fires is valid at level alpha if it fires when its e-value reaches
1/alpha (Ville's inequality). A check runs such tests in every step and in the observation: one over the whole epoch
and one in each window. With the default three steps and half an hour of observation in windows of a minute, the union
bound gives, for a candidate that is exactly at that check's limit all the time,

    4 epochs x EPOCH_ALPHA + 33 windows x WINDOW_ALPHA  <  1 %  false rollbacks per release.

A candidate that is no worse than the stable version, and not at the edge of a limit, stays far below that for all
checks together; `benchmarks/judgement.py` says how far.
"""

from math import log
from typing import Final

EPOCH_ALPHA: Final = 2e-3
WINDOW_ALPHA: Final = 5e-5
LOG_EPOCH_THRESHOLD: Final = -log(EPOCH_ALPHA)
LOG_WINDOW_THRESHOLD: Final = -log(WINDOW_ALPHA)

# A difference beyond its margin that chance explains this badly is no failure yet, but no pass either. Below it, one
# unlucky request among few does not hold a release up.
LOG_SUSPICION: Final = log(3)

# Level of the confidence intervals that people are shown.
INTERVAL_ALPHA: Final = 0.05
