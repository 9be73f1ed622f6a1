"""Waiting jobs, a lane for each batch group, in the order of turns.

Lengths need no lanes of their own: runners lay the sequences of a batch end to end instead of padding them.
"""

import heapq
from collections.abc import Hashable, Iterator

from bert_server.inference.requests import State, Waiting

# A lane is rid of withdrawn jobs when there are this many more of them than of others.
MOST_WITHDRAWN = 64


class Lane:
    """Jobs that can run together. Withdrawn ones stay until they are met, or are too many."""

    def __init__(self) -> None:
        self._heap: list[Waiting] = []
        self.jobs = 0  # those that still wait

    def push(self, waiting: Waiting) -> None:
        heapq.heappush(self._heap, waiting)
        self.jobs += 1

    def withdraw_one(self) -> None:
        """One of the lane's jobs, whichever, has become WITHDRAWN."""
        self.jobs -= 1
        if len(self._heap) > 2 * self.jobs + MOST_WITHDRAWN:
            self._heap = [waiting for waiting in self._heap if waiting.state is State.WAITING]
            heapq.heapify(self._heap)

    def first(self) -> Waiting | None:
        heap = self._heap
        while heap and heap[0].state is not State.WAITING:
            heapq.heappop(heap)
        return heap[0] if heap else None

    def pop(self) -> None:
        """Take out what `first` returned."""
        self.jobs -= 1
        heapq.heappop(self._heap)


class Lanes:
    """Not thread-safe."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, Lane] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    def push(self, waiting: Waiting) -> None:
        lane = self._lanes.get(waiting.group)
        if lane is None:
            lane = self._lanes[waiting.group] = Lane()
        lane.push(waiting)

    def withdraw(self, waiting: Waiting) -> None:
        """The job, which has become WITHDRAWN, no longer counts."""
        self._lanes[waiting.group].withdraw_one()
        self._forget_empty(waiting.group)

    def first(self, group: Hashable) -> Waiting | None:
        lane = self._lanes.get(group)
        return None if lane is None else lane.first()

    def pop(self, first: Waiting) -> None:
        """Take out what `first` returned."""
        self._lanes[first.group].pop()
        self._forget_empty(first.group)

    def firsts(self) -> Iterator[Waiting]:
        """The next job of each lane."""
        return (first for lane in self._lanes.values() if (first := lane.first()) is not None)

    def _forget_empty(self, group: Hashable) -> None:
        if not self._lanes[group].jobs:
            del self._lanes[group]
