"""A release in memory, in which the decisions are carried out at once and pods are ready when they were."""

from dataclasses import dataclass, field, replace
from typing import Final

from bertrelease_operator.api.recording import Recording
from bertrelease_operator.api.release import VERSION_BOUND_FIELDS, BertReleaseSpec
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.status import BertReleaseStatus, BertRevisionStatus, RevisionVerdict, RolloutStage
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.decide import decide
from bertrelease_operator.core.decision import Decision
from bertrelease_operator.core.evidence.gather import EvidenceState, advance
from bertrelease_operator.core.evidence.judge import judge
from bertrelease_operator.core.observation import (
    Observation,
    RevisionView,
    RouteNote,
    RouteView,
    Watch,
    WorkloadView,
)
from bertrelease_operator.core.replay.policy import Policy
from bertrelease_operator.core.replay.timeline import Moment

# One decision leads to the next (a step, its route, its watch); more in a row would be a fault.
_MOST_DECISIONS_AT_ONCE: Final = 20
# One for each percent, so that all but one carry any step.
_ALL_PODS: Final = 100


@dataclass(frozen=True, slots=True)
class PodsThen:
    """How long the candidate's pods took at the time."""

    ready_at: float | None  # epoch seconds; None: they never were
    switch_seconds: float = 0.0  # from the last step until all of them had all of the traffic; maybe infinite


@dataclass(slots=True)
class ReplayWorld:
    """`now` and all other times are epoch seconds of the record."""

    spec: BertReleaseSpec
    version: str
    baseline: str | None
    pods: PodsThen
    now: float
    coarse: bool  # moments between looks are lost, which is no silence of the source
    status: BertReleaseStatus
    revisions: dict[str, RevisionView]
    route: RouteView | None
    command: str | None = None
    requeue_at: float | None = None
    states: dict[Watch, EvidenceState] = field(default_factory=dict)

    @classmethod
    def begin(cls, record: BertRevisionSpec, policy: Policy, recording: Recording, pods: PodsThen) -> "ReplayWorld":
        """As it was when the rollout of `record` began: the version before it serves."""
        baseline, at = recording.baseline, to_epoch(recording.started_at)
        spec = BertReleaseSpec(
            version=record.version,
            replicas=_ALL_PODS,
            strategy=policy.strategy,
            health=policy.health,
            **{name: getattr(record, name) for name in VERSION_BOUND_FIELDS},
        )
        # Its image was what upstream had proven, or there would be nothing to replay.
        record = record.model_copy(update={"proof": None})
        revisions = {record.version: RevisionView(record, BertRevisionStatus(attempt=recording.attempt), "", at)}
        route = None
        if baseline is not None:
            proven = BertRevisionStatus(verdict=RevisionVerdict.PROVEN)
            stable = record.model_copy(update={"version": baseline})
            revisions[baseline] = RevisionView(stable, proven, "", at)
            route = RouteView({baseline: 100}, RouteNote(changed_at=0.0))
        status = BertReleaseStatus(version=baseline, stable=baseline)
        coarse = any(looks.merged for looks in recording.looks)
        return cls(spec, record.version, baseline, pods, at, coarse, status, revisions, route)

    @property
    def is_over(self) -> bool:
        """It was taken back, or it serves and is not watched any more."""
        return self.status.rollout is None and self.status.observation is None

    def observation(self) -> Observation:
        ready = {self.baseline: _ALL_PODS, self.version: self._ready_pods()}
        return Observation(
            namespace="replay",
            name=self.revisions[self.version].spec.release,
            generation=1,
            spec=self.spec,
            status=self.status,
            command=self.command,
            revisions=dict(self.revisions),
            workloads={version: WorkloadView(_ALL_PODS, ready[version]) for version in self.revisions},
            route=self.route,
            root_version=self.status.stable,
            evidence={
                watch: judge(state, watch, watch.health or self.spec.health, self._judged_at(state))
                for watch, state in self.states.items()
            },
        )

    def _ready_pods(self) -> int:
        if self.pods.ready_at is None or self.now < self.pods.ready_at:
            return 0
        complete_at = self._complete_at()
        return _ALL_PODS if complete_at is None or self.now >= complete_at else _ALL_PODS - 1

    def _complete_at(self) -> float | None:
        """When all of its pods have the traffic, while it is switching to them."""
        rollout = self.status.rollout
        if rollout is None or rollout.stage is not RolloutStage.SWITCHING:
            return None
        return to_epoch(rollout.stage_entered_at) + self.pods.switch_seconds

    def _judged_at(self, state: EvidenceState) -> float:
        return state.last_at if self.coarse and state.last_at is not None else self.now

    def see(self, moment: Moment) -> None:
        """One look, for whatever is watched at that time."""
        if moment.after_restart:
            self.states = {watch: EvidenceState() for watch in self.states}
        for watch, state in self.states.items():
            known = advance(state, watch, moment.look, watch.health or self.spec.health)
            self.states[watch] = replace(known, usage=moment.usage)

    def settle(self) -> None:
        """Decides until nothing changes any more."""
        for _ in range(_MOST_DECISIONS_AT_ONCE):
            decision = decide(self.observation(), self.now)
            if not self._carry_out(decision):
                return
        raise RuntimeError(f"{self.version}: decisions never come to an end at {self.now}")

    def order(self, command: str) -> None:
        self.command = command

    def pause(self, *, paused: bool) -> None:
        self.spec = self.spec.model_copy(update={"paused": paused})

    def _carry_out(self, decision: Decision) -> bool:
        """Whether anything changed."""
        before = (self.status, self.route, self.revisions, set(self.states))
        self.status = decision.status
        if decision.route is not None:
            self.route = RouteView(dict(decision.route.weights), decision.route.note)
        changed = {
            version: replace(self.revisions[version], status=status)
            for version, status in decision.revision_statuses.items()
        }
        self.revisions = {**self.revisions, **changed}
        self.states = {watch: self.states.get(watch, EvidenceState()) for watch in decision.watches}
        moments = (decision.requeue_at, self._complete_at())
        self.requeue_at = min((at for at in moments if at is not None and at > self.now), default=None)
        return before != (self.status, self.route, self.revisions, set(self.states))
