"""A recording as the looks that a source would hand over: one pod for each version, with counters that go on."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bertrelease_operator.api.recording import RecordedLooks, Recording
from bertrelease_operator.core.evidence.readings import Look, PodReading, RequestCounters
from bertrelease_operator.core.evidence.seen import SeenLook
from bertrelease_operator.core.evidence.tally import EMPTY, Tally
from bertrelease_operator.core.evidence.usage import Usage
from bertrelease_operator.core.story.looks import unpack


@dataclass(frozen=True, slots=True)
class Moment:
    """One recorded look."""

    look: Look
    usage: Usage  # as it was gathered, in the windows of that time
    after_restart: bool  # the operator had just lost what it had gathered


def moments(recording: Recording, version: str) -> Iterator[Moment]:
    """In order. Raises ValueError for looks that no operator wrote."""
    restarts, epoch_before = 0, None
    for index, recorded in enumerate(recording.looks):
        trail = unpack(recorded)
        pods = _Pods(version, recorded, str(index))
        span_us = 0
        for number, seen in enumerate(trail.seen()):
            span_us += seen.span_us
            restarts += seen.restarts
            pods.take_in(seen)
            look = Look(
                at=trail.since + span_us / 1e6,
                readings=tuple(pods.readings(seen)),
                restarts={version: restarts},
                custom=seen.custom,
                down=pods.down(seen),
            )
            yield Moment(look, seen.usage, after_restart=number == 0 and recorded.epoch == epoch_before)
        epoch_before = recorded.epoch


@dataclass(slots=True)
class _Pods:
    """The pods of one epoch. They are new ones, so that what an epoch did not count is not counted here either."""

    version: str
    recorded: RecordedLooks
    name: str
    subject: Tally = EMPTY
    baseline: Tally = EMPTY
    late: list[PodReading] = field(default_factory=list)  # stable pods that were found later, with what they counted
    looks: int = 0

    def take_in(self, seen: SeenLook) -> None:
        self.subject = self.subject.plus(seen.subject)
        self.baseline = self.baseline.plus(seen.baseline)
        if self.looks == 0:
            self.baseline = self.baseline.plus(seen.history)
        elif seen.history != EMPTY and self.recorded.baseline is not None:
            pod = f"stable-{self.name}-{self.looks}"
            self.late.append(PodReading(pod, self.recorded.baseline, _counters(seen.history)))
        self.looks += 1

    def readings(self, seen: SeenLook) -> Iterator[PodReading]:
        loaded: list[bool | None] = [*[True] * seen.loaded_pods, *[False] * seen.loading_pods]
        if not loaded and (seen.load_unknown or seen.subject != EMPTY):
            loaded = [None]
        for index, state in enumerate(loaded):
            yield PodReading(
                pod=f"candidate-{self.name}-{index}",
                version=self.version,
                counters=_counters(self.subject) if index == 0 else None,
                model_loaded=state,
                model_load_failures=seen.load_failures if index == 0 else 0,
            )
        if self.recorded.baseline is not None:
            yield PodReading(f"stable-{self.name}", self.recorded.baseline, _counters(self.baseline))
            yield from self.late

    def down(self, seen: SeenLook) -> frozenset[str]:
        found = {self.version} if seen.subject_down else set()
        if seen.baseline_down and self.recorded.baseline is not None:
            found.add(self.recorded.baseline)
        return frozenset(found)


def _counters(tally: Tally) -> RequestCounters:
    return RequestCounters(
        tally.requests, tally.errors, tally.latency_edges_ms, tally.latency_counts, tally.latency_total
    )
