"""A release under everything that can happen to it, with the operator killed between any two writes.

The rules are the outside world; the invariants are DESIGN section 4, one by one.
"""

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bertrelease_operator.api.status import MOST_TOLD, RevisionVerdict, RolloutStage, Verdict
from bertrelease_operator.core.decide import decide
from bertrelease_operator.core.decision import Decision
from bertrelease_operator.core.gates.clearance import is_cleared
from bertrelease_operator.core.gates.contract import GateResult
from bertrelease_operator.core.gates.points import points_ahead
from bertrelease_operator.core.load import full_replicas
from bertrelease_operator.core.notices import MOST_PENDING
from bertrelease_operator.core.observation import EvidenceView, Observation
from bertrelease_operator.core.progress import Progress, Situation
from bertrelease_operator.core.steps import awaits_person, current_step
from tests.support.gates import GATES
from tests.support.strategies import STRATEGIES
from tests.support.world import World, release_spec

RECEIVER = {"name": "ops", "kind": "webhook", "url": "http://ops.example.org/hook"}
_PLACES = {"traffic": "traffic", "promotion": "promotion"}
VERSIONS = [f"v1.{minor}.0" for minor in range(5)]
versions = st.sampled_from(VERSIONS)
verdicts = st.sampled_from(list(Verdict))
autoscalings = st.sampled_from([None, {"maxReplicas": 8, "cpuUtilizationPercent": 60}])
strategies = st.sampled_from(list(STRATEGIES))
gate_lists = st.sampled_from(list(GATES))


def check_gates(observation: Observation, decision: Decision) -> None:
    """No gate of the spec is passed by on the way to the stage or step after it."""
    before, after, stable = observation.status.rollout, decision.status.rollout, decision.status.stable
    if observation.spec.traffic and observation.ready(stable) and decision.route is not None:
        situation, progress = Situation(observation, 0.0, None), Progress.of(observation)
        progress = replace(progress, revisions={**progress.revisions, **decision.revision_statuses})
        assert all(version == stable or is_cleared(situation, progress, version) for version in decision.route.weights)
    if before is None or after is None or (before.stage, before.step) == (after.stage, after.step):
        return
    for point in points_ahead(observation.spec, before, first=observation.status.stable is None):
        place = _PLACES.get(point, "eachStep")
        passed = {status.name for status in after.gates if (status.point, status.verdict) == (point, Verdict.PASS)}
        assert {gate.name for gate in observation.spec.gates if place in gate.before} <= passed, point


class ReleaseMachine(RuleBasedStateMachine):
    """The world, and what must stay true in it."""

    @initialize(replicas=st.integers(1, 5), strategy=strategies, gates=gate_lists, autoscaling=autoscalings)
    def begin(self, replicas: int, strategy: str, gates: str, autoscaling: dict[str, int] | None) -> None:
        chosen: dict[str, Any] = {
            "notifications": [RECEIVER],
            "strategy": STRATEGIES[strategy],
            "gates": GATES[gates],
            "autoscaling": autoscaling,
        }
        spec = release_spec("v1.0.0", replicas=replicas, **chosen)
        self.world = World(spec, on_decision=check_gates)
        self.rejected: dict[str, int] = {}  # version -> attempt that was rejected
        self.seen: Observation = self.world.observation()
        self.fresh = False  # the last thing that happened was a whole reconcile with a true observation
        self.world.run(6)

    # The people.

    @rule(version=versions)
    def apply_a_version_with_its_own_contents(self, version: str) -> None:
        self.fresh = False
        self.world.release(version)

    @rule(version=versions)
    def edit_only_the_version(self, version: str) -> None:
        self.fresh = False
        self.world.edit(version)

    @rule(strategy=strategies)
    def change_the_strategy(self, strategy: str) -> None:
        self.fresh = False
        self.world.edit(self.world.spec.version, strategy=STRATEGIES[strategy])

    @rule(gates=gate_lists)
    def change_the_gates(self, gates: str) -> None:
        self.fresh = False
        self.world.edit(self.world.spec.version, gates=GATES[gates])

    @rule(verdict=verdicts)
    def the_golden_set_says(self, verdict: Verdict) -> None:
        self.fresh = False
        self.world.gate_results["golden"] = GateResult(verdict, f"{verdict}, says the golden set")

    @rule(version=versions, attempt=st.integers(1, 2), gate=st.sampled_from(["", "yes", "other"]))
    def approve(self, version: str, attempt: int, gate: str) -> None:
        self.fresh = False
        self.world.approve(version, attempt=attempt, gate=gate)

    @rule(compared=st.booleans())
    def compare_answers_or_not(self, compared: bool) -> None:
        self.fresh = False
        drift = {"predictionDrift": {"maxConfidenceShift": 10}} if compared else {}
        self.world.edit(self.world.spec.version, health=drift)

    @rule(autoscaling=autoscalings)
    def change_the_autoscaling(self, autoscaling: dict[str, int] | None) -> None:
        self.fresh = False
        self.world.edit(self.world.spec.version, autoscaling=autoscaling)

    @rule(chosen=st.lists(versions, unique=True, max_size=3), first=st.integers(1, 98))
    def set_weights_by_hand(self, chosen: list[str], first: int) -> None:
        self.fresh = False
        rest = [1] * (len(chosen) - 2)
        weights = [first, *rest, 100 - first - len(rest)] if len(chosen) > 1 else [100]
        shares = [{"version": v, "weight": w} for v, w in zip(chosen, weights, strict=False)]
        self.world.edit(self.world.spec.version, traffic=shares)

    @rule(paused=st.booleans())
    def pause_or_resume(self, paused: bool) -> None:
        self.fresh = False
        self.world.edit(self.world.spec.version, paused=paused)

    @rule(verb=st.sampled_from(["promote", "abort", "retry", "resume", "dance"]), version=versions)
    def give_an_order(self, verb: str, version: str) -> None:
        self.fresh = False
        self.world.order(verb, version)
        if verb == "retry":
            self.rejected.pop(version, None)

    # The versions, the source of figures, the nodes, the clock.

    @rule(version=versions, verdict=verdicts)
    def evidence_changes(self, version: str, verdict: Verdict) -> None:
        self.fresh = False
        self.world.evidence[version] = EvidenceView(verdict)

    @rule(verdict=st.sampled_from([Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NO_DATA]))
    def the_judge_says_something_else(self, verdict: Verdict) -> None:
        self.fresh = False
        self.world.gate_results["judge"] = GateResult(verdict, f"It is {verdict}.")

    @rule(version=versions)
    def pods_become_unready(self, version: str) -> None:
        self.fresh = False
        self.world.unready.add(version)
        self.world.start_pods()

    @rule()
    def pods_become_ready(self) -> None:
        self.fresh = False
        self.world.unready.clear()
        self.world.start_pods()

    @rule(version=versions, ready=st.integers(0, 5))
    def some_pods_become_unready(self, version: str, ready: int) -> None:
        workload = self.world.workloads.get(version)
        if workload is not None:
            self.fresh = False
            self.world.workloads[version] = replace(workload, ready_endpoints=min(ready, workload.replicas))

    @rule(version=versions, wish=st.integers(1, 9))
    def the_autoscaler_acts(self, version: str, wish: int) -> None:
        self.fresh = False
        self.world.autoscale(version, wish)

    @rule(version=versions, crashing=st.booleans())
    def pods_crash_loop(self, version: str, crashing: bool) -> None:
        workload = self.world.workloads.get(version)
        if workload is not None:
            self.fresh = False
            self.world.workloads[version] = replace(workload, crash_looping=crashing)

    @rule(seconds=st.sampled_from([0.1, 1.0, 2.0, 11.0, 65.0, 500.0, 86_400.0, -30.0]))
    def the_clock_moves(self, seconds: float) -> None:
        self.fresh = False
        self.world.now += seconds

    # The operator.

    @rule()
    def reconcile(self) -> None:
        self.world.reconcile()
        self.remember_rejections()
        self.fresh = True

    @rule(writes=st.integers(0, 6))
    def be_killed_while_reconciling(self, writes: int) -> None:
        self.fresh = False
        self.world.reconcile(writes=writes)
        self.world.watches, self.world.gate_runs = (), ()  # the new process has gathered nothing
        self.remember_rejections()

    @rule()
    def take_a_look_that_will_be_stale(self) -> None:
        self.seen = self.world.observation()

    @rule()
    def reconcile_with_stale_pods(self) -> None:
        self.fresh = False
        known = self.world.workloads
        self.world.reconcile(workloads={v: self.seen.workloads.get(v, w) for v, w in known.items()})
        self.remember_rejections()

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        self.world.run(seconds)
        self.remember_rejections()
        self.world.reconcile()
        self.remember_rejections()
        self.fresh = True

    def remember_rejections(self) -> None:
        for version, view in self.world.revisions.items():
            if view.status.verdict is RevisionVerdict.REJECTED:
                self.rejected[version] = view.status.attempt

    def candidate_for_users(self) -> str | None:
        """The candidate if users' requests may go to it."""
        rollout = self.world.status.rollout
        if rollout is None or rollout.stage is RolloutStage.STARTING:
            return None
        unseen = rollout.stage is RolloutStage.STEPPING and current_step(self.world.spec, rollout).weight == 0
        return None if unseen else rollout.version

    @rule(told=st.integers(0, 3))
    def tell_people(self, told: int) -> None:
        self.fresh = False
        pending = [(notice.id, name) for notice in self.world.status.notices for name in notice.receivers]
        self.world.told |= set(pending[:told])

    # What must stay true.

    @invariant()
    def what_is_to_be_told_stands_there_once_and_does_not_pile_up(self) -> None:
        ids = [notice.id for notice in self.world.status.notices]
        assert len(ids) == len(set(ids)) <= MOST_PENDING

    @invariant()
    def weights_sum_to_100_or_there_is_no_route_yet(self) -> None:
        assert self.world.route is None or sum(self.world.weights.values()) == 100

    @invariant()
    def the_same_observation_gives_the_same_decision(self) -> None:
        observation = self.world.observation()
        assert decide(observation, self.world.now) == decide(observation, self.world.now)

    @precondition(lambda self: self.fresh)
    @invariant()
    def nothing_unready_has_traffic_while_something_ready_may_serve(self) -> None:
        ready = self.world.observation().ready
        serving = {self.world.status.stable, self.candidate_for_users()}
        if any(ready(version) for version in serving):
            assert all(ready(version) for version in self.world.reached)

    @precondition(lambda self: self.fresh)
    @invariant()
    def a_rejected_version_has_no_traffic_while_the_stable_one_is_ready(self) -> None:
        stable = self.world.status.stable
        if self.world.observation().ready(stable):
            assert not self.world.reached & (set(self.rejected) - {stable})

    @invariant()
    def a_rejection_latches_until_a_person_retries(self) -> None:
        for version, attempt in self.rejected.items():
            view = self.world.revisions.get(version)
            if view is not None:
                assert view.status.verdict is RevisionVerdict.REJECTED, version
                assert view.status.attempt == attempt

    @precondition(lambda self: self.fresh)
    @invariant()
    def a_rejected_version_is_neither_stable_nor_on_its_way_nor_a_return_point(self) -> None:
        status = self.world.status
        in_use = {status.stable, status.rollout.version if status.rollout else None}
        if status.observation is not None:
            in_use |= {status.observation.version, status.observation.previous}
        assert not in_use & set(self.rejected)

    @invariant()
    def a_service_that_served_keeps_a_route_and_its_stable_pods(self) -> None:
        if self.world.status.stable is not None:
            assert self.world.weights
            assert self.world.workloads[self.world.status.stable].replicas >= self.world.spec.replicas

    @precondition(lambda self: self.fresh)
    @invariant()
    def the_candidate_has_the_capacity_for_its_share(self) -> None:
        rollout, full = self.world.status.rollout, full_replicas(self.world.observation())
        if rollout is None or self.world.observation().ready(self.world.status.stable) == 0:
            return
        share = self.world.weights.get(rollout.version, 0)
        assert 100 * self.world.observation().ready(rollout.version) >= share * full

    @precondition(lambda self: self.fresh)
    @invariant()
    def copies_and_stickiness_are_for_the_candidate_at_a_step_alone(self) -> None:
        rollout, route = self.world.status.rollout, self.world.route
        steered = route.steering.versions if route is not None else set()
        stepping = rollout is not None and rollout.stage is RolloutStage.STEPPING
        assert steered <= ({rollout.version} if rollout is not None and stepping else set())

    @precondition(lambda self: self.fresh and self.world.spec.traffic)
    @invariant()
    def nobody_has_more_by_hand_than_its_pods_carry(self) -> None:
        status, ready = self.world.status, self.world.observation().ready
        if not ready(status.stable):
            return
        for version, weight in self.world.weights.items():
            if version != status.stable:
                assert 100 * ready(version) >= weight * full_replicas(self.world.observation())

    @invariant()
    def a_rejection_is_told_in_the_version_s_story_in_the_same_write(self) -> None:
        for version in self.rejected:
            view = self.world.revisions.get(version)
            if view is not None:
                assert view.status.message in [entry.message for entry in view.status.story]
                assert len(view.status.story) <= MOST_TOLD

    @invariant()
    def versions_with_traffic_are_never_forgotten(self) -> None:
        assert self.world.reached <= set(self.world.revisions)

    @invariant()
    def pods_that_a_proxy_sends_anything_to_are_not_taken_away(self) -> None:
        if self.world.spec.replicas:
            assert all(self.world.workloads[version].replicas for version in self.world.reached)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.unready.clear()
        self.world.evidence.clear()
        self.world.workloads = {v: replace(w, crash_looping=False) for v, w in self.world.workloads.items()}
        self.world.edit(self.world.spec.version, paused=False, traffic=[], gates=[])
        self.world.run(900, step=5.0)
        rollout = self.world.status.rollout
        waits = rollout is not None and (rollout.blind_seconds > 0 or awaits_person(self.world.spec, rollout))
        assert rollout is None or waits, "once all is well, a release comes to rest"
        refused = self.world.status.concluded is not None or self.world.status.version in self.rejected
        never_served = self.world.status.stable is None and refused
        assert len(self.world.weights) == (0 if never_served else 1) or waits


ReleaseMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestRelease = ReleaseMachine.TestCase
