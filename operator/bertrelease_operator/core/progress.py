"""The moving part of a release while one decision is being made, and the situation that it is made in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from bertrelease_operator.api.status import (
    BertRevisionStatus,
    CheckStatus,
    ConcludedStatus,
    ObservationStatus,
    PromotionStatus,
    RevisionVerdict,
    RolloutStatus,
    Verdict,
)
from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.core.decision import EventType, ReleaseEvent
from bertrelease_operator.core.load import full_replicas
from bertrelease_operator.core.observation import EvidenceView, Observation, Watch

NO_EVIDENCE = EvidenceView(verdict=Verdict.NO_DATA)


@dataclass(frozen=True, slots=True)
class Situation:
    """What does not change during a decision."""

    observation: Observation
    now: float
    target: str | None  # the version that should serve, by the last accepted spec
    promotion: PromotionStatus | None = None  # how it stands with the release that is followed

    @property
    def replicas(self) -> int:
        """Pods that carry all of the traffic."""
        return full_replicas(self.observation)

    def evidence(self, watch: Watch | None) -> EvidenceView:
        return NO_EVIDENCE if watch is None else self.observation.evidence.get(watch, NO_EVIDENCE)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a decision may change. Transitions return a new one."""

    stable: str | None
    rollout: RolloutStatus | None
    observation: ObservationStatus | None
    concluded: ConcludedStatus | None
    handled_command: str | None
    handled_approval: str | None
    revisions: Mapping[str, BertRevisionStatus]  # of every known version, as they will be
    events: tuple[ReleaseEvent, ...] = ()
    rejected: tuple[str, int] | None = None  # (version, attempt) taken back by this decision, the first if several
    stopped: tuple[str, int] | None = None  # (version, attempt) stopped by it, although nothing is wrong with it
    reason: str = ""  # why the route moves, if it does
    message: str = ""
    verdict_checks: tuple[CheckStatus, ...] = field(default=())

    @classmethod
    def of(cls, observation: Observation) -> Self:
        status = observation.status
        return cls(
            stable=status.stable,
            rollout=status.rollout,
            observation=status.observation,
            concluded=status.concluded,
            handled_command=status.handled_command,
            handled_approval=status.handled_approval,
            revisions={version: view.status for version, view in observation.revisions.items()},
        )

    @property
    def latched(self) -> tuple[str, int] | None:
        """(version, attempt) that the route's note keeps from going on after a restart."""
        return self.rejected or self.stopped

    def verdict(self, version: str | None) -> RevisionVerdict:
        status = self.revisions.get(version) if version is not None else None
        return status.verdict if status is not None else RevisionVerdict.CANDIDATE

    def attempt(self, version: str) -> int:
        status = self.revisions.get(version)
        return status.attempt if status is not None else 1

    def told(self, reason: str, message: str, *, warning: bool = False, about: str | None = None) -> Self:
        """Adds an Event and remembers the reason for the route's note.

        A restarted operator learns from that note why a version was rejected, so nothing replaces this reason.
        `about`: the version, if it is neither the one on its way nor the one whose rollout ended.
        """
        subject = self.rollout or self.concluded
        version = about or (subject.version if subject is not None else None)
        event = ReleaseEvent(EventType.WARNING if warning else EventType.NORMAL, reason, message, version)
        progress = replace(self, events=(*self.events, event))
        return progress if self.latched is not None else replace(progress, reason=reason, message=message)

    def revised(self, version: str, **changes: object) -> Self:
        """Changes the status of `version`'s BertRevision."""
        status = self.revisions.get(version, BertRevisionStatus()).model_copy(update=changes)
        return replace(self, revisions={**self.revisions, version: status})

    def tried_anew(self, version: str, reason: str, message: str) -> Self:
        """A candidate again, by another attempt: nothing that was said of the last one counts for it.

        Its pods are still to show what they run: that need not be what ran before.
        """
        return self.revised(
            version,
            verdict=RevisionVerdict.CANDIDATE,
            attempt=self.attempt(version) + 1,
            reason=reason,
            message=message,
            checks=[],
            image_id=None,
            fingerprint=None,
        )

    def judged(
        self, version: str, verdict: RevisionVerdict, reason: str, message: str, now: float, **changes: object
    ) -> Self:
        """Records a verdict with its reason, its time and the evidence of this decision."""
        evidence = {"checks": list(self.verdict_checks)} if self.verdict_checks else {}
        return self.revised(
            version,
            verdict=verdict,
            reason=reason,
            message=message,
            decided_at=to_timestamp(now),
            **evidence,
            **changes,
        )


Transition = Callable[[Situation, Progress], Progress]
