"""Waiting times that protect traffic, in seconds, and where they come from."""

from typing import Final

# New endpoints must have reached the proxies before a weight sends requests there: istiod batches changes for
# 0.1 s of quiet, and EndpointSlices trail the pods' readiness by up to a second.
SETTLE_SECONDS: Final = 2.0

# After an urgent move of the route, leave istiod in peace: each further change to a Service, EndpointSlice or
# rule within its 0.1 s debounce postpones the push that rescues traffic (by up to 10 s).
QUIET_SECONDS: Final = 1.5

# A version that the route sends less, or nothing, keeps its pods for this long: istiod's longest debounce (10 s), plus
# time to push and to finish what is in flight.
DRAIN_SECONDS: Final = 15.0
