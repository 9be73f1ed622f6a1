"""One pass over one release: observe, decide, write what is missing, and say when to look again."""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bertrelease_operator.adapters.errors import ForbiddenError, InvalidError
from bertrelease_operator.api.names import RELEASE_KIND
from bertrelease_operator.api.network import Caller
from bertrelease_operator.core.decision import Decision
from bertrelease_operator.runtime.deciding import Decider
from bertrelease_operator.runtime.execution import Executor, Outcome
from bertrelease_operator.runtime.gates import GateKeeper, questions_of
from bertrelease_operator.runtime.kinds import Kinds
from bertrelease_operator.runtime.notifier import Notifier
from bertrelease_operator.runtime.observe import Snapshot, UnreadableError, observe
from bertrelease_operator.runtime.planning import Stage, plan
from bertrelease_operator.runtime.quiet import QuietGate
from bertrelease_operator.runtime.records import ReleaseKey
from bertrelease_operator.runtime.release_metrics import figures_of
from bertrelease_operator.runtime.reporter import Reporter
from bertrelease_operator.runtime.store import Store
from bertrelease_operator.runtime.telemetry import Telemetry
from bertrelease_operator.runtime.upstreams import Upstreams
from bertrelease_operator.runtime.watcher import FIGURES_SECONDS, EvidenceWatcher

# After a pass that wrote something, another one sees whether that is all. Should passes never come to an end, because
# somebody else keeps writing what we put right, the pauses grow.
_FIRST_CONFIRM_SECONDS: Final = 0.05
_LONGEST_CONFIRM_SECONDS: Final = 5.0
_MOST_DOUBLINGS: Final = 10


@dataclass(frozen=True, slots=True)
class Parts:
    """What a reconciler works with."""

    store: Store
    executor: Executor
    watcher: EvidenceWatcher
    gatekeeper: GateKeeper
    notifier: Notifier
    gate: QuietGate
    reporter: Reporter
    telemetry: Telemetry
    kinds: Kinds
    upstreams: Upstreams
    mesh_identity: Caller | None = None  # whom sidecars let in for the operator's sake


class Reconciler:
    """Stateless but for when each release was last written to."""

    def __init__(self, parts: Parts, now: Callable[[], float] = time.time) -> None:
        self._parts = parts
        self._now = now
        self._decider = Decider()
        self._figures_at: dict[ReleaseKey, float] = {}
        self._writing_passes: dict[ReleaseKey, int] = {}  # in a row

    async def reconcile(self, key: ReleaseKey) -> float | None:
        """Returns after how many seconds to look again, None if only an event can change anything.

        Raises ClusterError if something could not be written, NotLeaderError if nothing may be.
        """
        now = self._now()
        try:
            snapshot = self._observe(key, now)
        except UnreadableError as error:
            await self._report_unreadable(key, error)
            return None
        if snapshot is None:
            self._forget(key)
            return None
        with self._parts.telemetry.decision_seconds.time():
            upstream = functools.partial(self._parts.upstreams.view, key, snapshot.observation.spec.upstream)
            decision = self._decider.decide(key, snapshot.observation, upstream, now)
        self._parts.telemetry.release_seen(key, figures_of(snapshot.observation, decision))
        self._parts.watcher.want(key, decision.watches, snapshot.observation.spec.health)
        # Told is what stands in the status already: what is only about to be written may be decided anew.
        spec, status = snapshot.observation.spec, snapshot.observation.status
        self._parts.notifier.want(key, status.notices, spec.notifications)
        outcome = await self._carry_out(key, snapshot, decision, now)
        if Stage.STATUS not in outcome.failed_stages and decision.record is None:
            # Only now is what gates said written down, and may be forgotten.
            self._parts.gatekeeper.want(key, questions_of(snapshot, decision))
        await self._report(key, snapshot, decision, outcome)
        if outcome.errors:
            raise outcome.errors[0]
        return self._next_look_seconds(key, decision, outcome)

    def _observe(self, key: ReleaseKey, now: float) -> Snapshot | None:
        evidence, gates = self._parts.watcher.evidence(key, now), self._parts.gatekeeper.results(key)
        told, absent = self._parts.notifier.told(key), self._parts.kinds.absent
        return observe(key, self._parts.store.of_release(key), evidence, gates, told, absent_kinds=absent)

    async def _carry_out(self, key: ReleaseKey, snapshot: Snapshot, decision: Decision, now: float) -> Outcome:
        write_figures = now - self._figures_at.get(key, 0.0) >= FIGURES_SECONDS
        writes = plan(snapshot, decision, write_figures=write_figures, operator=self._parts.mesh_identity)
        outcome = await self._parts.executor.execute(writes, quiet=decision.quiet_until is not None)
        if any(write.stage is Stage.STATUS for write in outcome.written):
            self._figures_at[key] = now
        return outcome

    async def _report(self, key: ReleaseKey, snapshot: Snapshot, decision: Decision, outcome: Outcome) -> None:
        """Events only once the statuses that they are about stand: until then the next pass decides the same again."""
        for error in outcome.errors:
            if isinstance(error, ForbiddenError | InvalidError):
                await self._parts.reporter.trouble(key, snapshot.release, "WriteRefused", str(error))
        if not outcome.errors:
            self._parts.reporter.over(key)
        if Stage.STATUS in outcome.failed_stages or decision.record is not None:
            return
        self._parts.telemetry.count_rollbacks(decision.revision_statuses.values())
        self._parts.telemetry.count_promotion(snapshot.observation.status, decision.status)
        for event in decision.events:
            self._parts.telemetry.decisions.labels(event.reason).inc()
        await self._parts.reporter.tell(snapshot.release, decision.events)

    def _next_look_seconds(self, key: ReleaseKey, decision: Decision, outcome: Outcome) -> float | None:
        now = self._now()
        waits = []
        if decision.record is not None:
            waits.append(0.0)
        elif outcome.written:
            waits.append(self._confirm_seconds(key))
        else:
            self._writing_passes.pop(key, None)
        if outcome.held_back:
            quiet = decision.quiet_until - now if decision.quiet_until is not None else 0.0
            waits.append(max(quiet, self._parts.gate.remaining_seconds))
        if decision.requeue_at is not None:
            waits.append(max(0.0, decision.requeue_at - now))
        return min(waits) if waits else None

    def _confirm_seconds(self, key: ReleaseKey) -> float:
        passes = self._writing_passes.get(key, 0)
        self._writing_passes[key] = passes + 1
        return min(_LONGEST_CONFIRM_SECONDS, _FIRST_CONFIRM_SECONDS * 2.0 ** min(passes, _MOST_DOUBLINGS))

    async def _report_unreadable(self, key: ReleaseKey, error: UnreadableError) -> None:
        """Nothing else is touched: what serves goes on serving."""
        self._parts.watcher.forget(key)
        self._parts.gatekeeper.forget(key)
        self._parts.telemetry.release_unreadable(key)
        root = self._parts.store.get((RELEASE_KIND, *key))
        if root is not None:
            await self._parts.reporter.trouble(key, root.unpack(), "Unreadable", str(error))

    def _forget(self, key: ReleaseKey) -> None:
        self._parts.watcher.forget(key)
        self._parts.gatekeeper.forget(key)
        self._parts.notifier.forget(key)
        self._parts.upstreams.forget(key)
        self._decider.forget(key)
        self._parts.reporter.over(key)
        self._parts.telemetry.release_gone(key)
        self._figures_at.pop(key, None)
        self._writing_passes.pop(key, None)
