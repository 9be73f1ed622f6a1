"""Decides, and goes on deciding about what serves when following another release fails."""

import logging
from collections.abc import Callable
from dataclasses import replace

from bertrelease_operator.core.decide import decide
from bertrelease_operator.core.decision import Decision
from bertrelease_operator.core.observation import Observation
from bertrelease_operator.core.promotion.view import UpstreamView
from bertrelease_operator.runtime.logs import about
from bertrelease_operator.runtime.records import ReleaseKey

logger = logging.getLogger(__name__)


class Decider:
    """Remembers only which failures the log has."""

    def __init__(self) -> None:
        self._failing: set[ReleaseKey] = set()

    def decide(
        self, key: ReleaseKey, observation: Observation, upstream: Callable[[], UpstreamView | None], now: float
    ) -> Decision:
        """As though upstream could not be read, if to read or to follow it ends in a fault that we did not foresee.

        Else the fault would also keep a bad version in traffic. It shows as NoData, with an Event, and once in the log.
        """
        try:
            decision = decide(replace(observation, upstream=upstream()), now)
        except Exception as error:
            if observation.spec.upstream is None:
                raise
            problem = f"following it failed ({type(error).__name__}); the operator's log says why"
            decision = decide(replace(observation, upstream=UpstreamView(problem=problem)), now)
            if key not in self._failing:
                logger.exception("following another release failed", extra=about(*key, reason="UpstreamUnknown"))
            self._failing.add(key)
            return decision
        self._failing.discard(key)
        return decision

    def forget(self, key: ReleaseKey) -> None:
        self._failing.discard(key)
