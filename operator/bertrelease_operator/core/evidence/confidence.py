"""How sure is sure: error probabilities of the sequential tests, and how they add up over a release.

A test that is looked at every second until it fires is valid at level alpha if it fires when its e-value reaches
1/alpha (Ville's inequality). A release runs four such tests (errors and latency, each against its limit and
against the stable version) in every step and in the observation, once over the whole epoch and once in each
window. By the union bound, with the default three steps and half an hour of observation in windows of a minute:
4 tests x 4 epochs x EPOCH_ALPHA + 4 tests x 33 windows x WINDOW_ALPHA < 1 % false rollbacks per release,
for a candidate exactly at its limits; one that is better stays further below.
"""

from math import log
from typing import Final

EPOCH_ALPHA: Final = 5e-4
WINDOW_ALPHA: Final = 1e-5
LOG_EPOCH_THRESHOLD: Final = -log(EPOCH_ALPHA)
LOG_WINDOW_THRESHOLD: Final = -log(WINDOW_ALPHA)

# Level of the confidence intervals that people are shown, and by which a large sample passes.
INTERVAL_ALPHA: Final = 0.05
