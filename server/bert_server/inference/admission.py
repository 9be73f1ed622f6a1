"""Whether what arrives can be done in time, beside what waits already: decided by predicted seconds of work."""

from math import inf
from typing import NamedTuple

# Jobs whose turns come within so many seconds are counted together.
SLOT_SECONDS = 1 / 32
# Part of its time that a request keeps in hand when it is admitted, against wrong predictions and full batches that
# carry others before their turn.
RESERVE_SHARE = 0.3
# Turns are taken in the order of the moments at which this part of each job's time is over. With 1 the most urgent
# would always go first, and patient jobs would get no further while there are others; with 0 it would be a queue.
TURN_SHARE = 0.5
# The longest time that is told from a longer one.
LONGEST_SECONDS = 3600.0


class Schedule(NamedTuple):
    """Moments, in seconds of the same clock: when a job's turn is (smaller goes first), by when it should be done so
    that a reserve remains, and by when it must be done."""

    turn: float
    promised: float
    deadline: float

    @classmethod
    def of(cls, arrived: float, deadline: float) -> "Schedule":
        patience_seconds = min(max(0.0, deadline - arrived), LONGEST_SECONDS)
        return cls(
            turn=arrived + TURN_SHARE * patience_seconds,
            promised=arrived + (1 - RESERVE_SHARE) * patience_seconds,
            deadline=arrived + patience_seconds,
        )

    def without_promise(self) -> "Schedule":
        """Whatever else comes until the deadline has its turn before."""
        return self._replace(turn=self.deadline + LONGEST_SECONDS, promised=inf)

    @property
    def has_promise(self) -> bool:
        return self.promised < inf

    @property
    def slot(self) -> int:
        return int(self.turn / SLOT_SECONDS)


class _Slot:
    """`promised` and `deadline` are the earliest of the jobs that wait; looked for when somebody asks."""

    __slots__ = ("_deadline", "_is_stale", "_jobs", "_promised", "work_seconds")

    def __init__(self) -> None:
        self.work_seconds = 0.0
        self._jobs: dict[Schedule, int] = {}
        self._promised = self._deadline = inf
        self._is_stale = False

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def add(self, schedule: Schedule, jobs: int) -> None:
        self._jobs[schedule] = self._jobs.get(schedule, 0) + jobs
        self._promised = min(self._promised, schedule.promised)
        self._deadline = min(self._deadline, schedule.deadline)

    def remove(self, schedule: Schedule) -> None:
        jobs = self._jobs.pop(schedule) - 1
        if jobs:
            self._jobs[schedule] = jobs
        else:
            self._is_stale = True

    @property
    def promised(self) -> float:
        self._refresh()
        return self._promised

    @property
    def deadline(self) -> float:
        self._refresh()
        return self._deadline

    def _refresh(self) -> None:
        if self._is_stale:
            self._promised = min(schedule.promised for schedule in self._jobs)
            self._deadline = min(schedule.deadline for schedule in self._jobs)
            self._is_stale = False


class Demand:
    """The work that waits, by turn. The engine works through it without a pause, so a job is done when all the work up
    to its turn is: one that fits for itself may still make those behind it late. What has no promise does not count:
    it keeps nobody waiting."""

    def __init__(self) -> None:
        self.total_seconds = 0.0
        self._slots: dict[int, _Slot] = {}
        self._last = -1  # no slot lies behind this one

    def add(self, schedule: Schedule, work_seconds: float, jobs: int) -> None:
        """So many jobs, with so much work together."""
        if not schedule.has_promise:
            return
        number = schedule.slot
        slot = self._slots.get(number)
        if slot is None:
            slot = self._slots[number] = _Slot()
            self._last = max(self._last, number)
        slot.work_seconds += work_seconds
        slot.add(schedule, jobs)
        self.total_seconds += work_seconds

    def remove(self, schedule: Schedule, work_seconds: float) -> None:
        """One job."""
        if not schedule.has_promise:
            return
        slot = self._slots[schedule.slot]
        slot.work_seconds -= work_seconds
        slot.remove(schedule)
        self.total_seconds -= work_seconds
        if not slot:
            del self._slots[schedule.slot]
            if not self._slots:
                self.total_seconds, self._last = 0.0, -1

    def excess_seconds(self, schedule: Schedule, work_seconds: float, *, begins: float, pace: float) -> float:
        """How much too late something would become if this were added; zero or less if all stays in time.

        `begins` is the moment at which the engine is free, `pace` the seconds that a predicted second of work takes.
        """
        number = schedule.slot
        if number >= self._last:
            return begins + pace * (self.total_seconds + work_seconds) - schedule.promised
        ahead = sum(slot.work_seconds for place, slot in self._slots.items() if place <= number)
        done = begins + pace * (ahead + work_seconds)
        excess = done - schedule.promised
        for place in sorted(place for place in self._slots if place > number):
            slot = self._slots[place]
            done += pace * slot.work_seconds
            excess = max(excess, done - slot.promised)
        return excess

    def spare_seconds(self, *, begins: float, pace: float) -> float:
        """How much work could be put before all that waits without making any of it late; may be negative."""
        done = begins
        spare = inf
        for place in sorted(self._slots):
            slot = self._slots[place]
            done += pace * slot.work_seconds
            spare = min(spare, slot.deadline - done)
        return spare
