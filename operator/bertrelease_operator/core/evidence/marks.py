"""Which of a pod's counts are new, although readings may be older than the last one, as replicas of Prometheus give."""

from dataclasses import dataclass
from typing import Final

from bertrelease_operator.core.evidence.readings import RequestCounters
from bertrelease_operator.core.evidence.tally import EMPTY, Tally, has_gone_back, increase

# No source hands over a reading that is older than this.
LONGEST_LAG_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A pod's counters as far as they were counted, of which process they are, and when they were read."""

    counters: RequestCounters
    started_at: float | None
    read_at: float

    def followed(self, counters: RequestCounters, started_at: float | None, at: float) -> tuple["Mark", Tally]:
        """The mark after a look at `at`, and what is new in it.

        Lower counters, and those of an earlier process, are older than the mark: nothing is new, and the next reading
        that is not brings what came. Once the mark itself is older than any reading can be, they must be newer all the
        same: the counters began anew, and everything counts that came since.
        """
        mark = Mark(counters, started_at, read_at=at)
        apart_seconds = None if started_at is None or self.started_at is None else started_at - self.started_at
        if apart_seconds is not None and apart_seconds > 0:
            return mark, Tally.of(counters)
        if not apart_seconds and not has_gone_back(self.counters, counters):
            return mark, increase(self.counters, counters)
        if at - self.read_at < LONGEST_LAG_SECONDS:
            return self, EMPTY
        # A process that is certainly the same began nothing anew: some of its series went away.
        return mark, EMPTY if apart_seconds == 0 else Tally.of(counters)
