"""Three stages that follow one another, under everything that can happen to them and to their operators."""

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bertrelease_operator.api.promotion import PromotionState
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.status import RevisionVerdict, Verdict
from bertrelease_operator.core.observation import EvidenceView
from bertrelease_operator.core.promotion.proof import digest_of
from tests.support.pipeline import Pipeline, following, image_of
from tests.support.world import World

VERSIONS = [f"v1.{minor}.0" for minor in range(4)]
versions = st.sampled_from(VERSIONS)
followers = st.sampled_from([1, 2])
stages = st.sampled_from([0, 1, 2])
# What leaves a follower where it is, and why is said in its status.
EXPLAINED = {PromotionState.REFUSED, PromotionState.HELD, PromotionState.WAITING, PromotionState.REVOKED}


class PipelineMachine(RuleBasedStateMachine):
    """The stages, and what must stay true between them."""

    @initialize(wrong=st.sets(st.tuples(followers, versions), max_size=2))
    def begin(self, wrong: set[tuple[int, str]]) -> None:
        """`wrong`: in which environments which version's tag names another image than everywhere else."""
        self.pipeline = Pipeline.of(following("dev"), following("staging"))
        self.wrong = wrong
        for stage, version in wrong:
            self.pipeline.stages[stage].image_ids[version] = image_of(f"not {version}")
        self.proven: list[set[str]] = [set(), set(), set()]  # versions that were ever proven in a stage
        self.specs: list[BertReleaseSpec] = [stage.spec for stage in self.pipeline.stages]
        self.release("v1.0.0")
        self.let_time_pass(600)

    # The people.

    @rule(version=versions)
    def release(self, version: str) -> None:
        self.pipeline.release(version)
        self.specs[0] = self.pipeline.stages[0].spec

    @rule(stage=followers, version=versions)
    def release_and_wait_until_it_is_on_its_way_in(self, stage: int, version: str) -> None:
        self.release(version)
        for _ in range(60):
            rollout = self.pipeline.stages[stage].status.rollout
            if rollout is not None and rollout.version == version:
                return
            self.let_time_pass(5)

    @rule(stage=stages)
    def what_serves_turns_bad(self, stage: int) -> None:
        stable = self.pipeline.stages[stage].status.stable
        if stable is not None:
            self.evidence_changes(stage, stable, Verdict.FAIL)
            self.let_time_pass(2)

    @rule(stage=stages, version=versions)
    def set_only_the_version(self, stage: int, version: str) -> None:
        self.edit(stage, version)

    @rule(stage=followers)
    def unpin(self, stage: int) -> None:
        self.edit(stage, None)

    @rule(stage=stages, paused=st.booleans())
    def pause_or_resume(self, stage: int, paused: bool) -> None:
        self.edit(stage, self.specs[stage].version, paused=paused)

    @rule(stage=stages, verb=st.sampled_from(["promote", "abort", "retry"]), version=versions)
    def give_an_order(self, stage: int, verb: str, version: str) -> None:
        self.pipeline.stages[stage].order(verb, version)

    def edit(self, stage: int, version: str | None, **changes: bool) -> None:
        self.pipeline.stages[stage].edit(version, **changes)
        self.specs[stage] = self.pipeline.stages[stage].spec

    # The versions, the network between the stages, the clock.

    @rule(stage=stages, version=versions, verdict=st.sampled_from(list(Verdict)))
    def evidence_changes(self, stage: int, version: str, verdict: Verdict) -> None:
        self.pipeline.stages[stage].evidence[version] = EvidenceView(verdict)

    @rule(stage=followers)
    def the_stage_before_cannot_be_read(self, stage: int) -> None:
        self.pipeline.cut_off.add(stage)

    @rule()
    def every_stage_can_be_read_again(self) -> None:
        self.pipeline.cut_off.clear()

    @rule(seconds=st.sampled_from([1, 11, 65, 300]))
    def time_passes(self, seconds: int) -> None:
        self.let_time_pass(seconds)

    # The operators.

    @rule(stage=stages, writes=st.integers(0, 6))
    def an_operator_is_killed_while_it_reconciles(self, stage: int, writes: int) -> None:
        self.pipeline.look(stage)
        world = self.pipeline.stages[stage]
        world.reconcile(writes=writes)
        world.watches, world.upstream = (), None  # the new process knows nothing yet
        self.remember()

    @rule(stage=followers)
    def an_operator_reconciles_before_it_has_read_the_stage_before(self, stage: int) -> None:
        self.pipeline.stages[stage].upstream = None
        self.pipeline.stages[stage].reconcile()
        self.remember()

    def let_time_pass(self, seconds: int) -> None:
        step = max(1.0, seconds / 40)
        for _ in range(min(seconds, 40)):
            known = [set(stage.revisions) for stage in self.pipeline.stages]
            self.pipeline.run(step, step)
            for stage in self.pipeline.cut_off:
                assert set(self.pipeline.stages[stage].revisions) <= known[stage], "adopted without having read"
            self.remember()

    def remember(self) -> None:
        for proven, stage in zip(self.proven, self.pipeline.stages, strict=True):
            proven |= {v for v, view in stage.revisions.items() if view.status.verdict is RevisionVerdict.PROVEN}

    # What must stay true.

    @invariant()
    def no_version_is_in_a_stage_without_having_been_proven_in_the_one_before(self) -> None:
        for stage in (1, 2):
            assert set(self.pipeline.stages[stage].revisions) <= self.proven[stage - 1]

    @invariant()
    def no_request_reaches_an_image_that_was_not_proven(self) -> None:
        for number, stage in enumerate(self.pipeline.stages):
            assert not stage.reached & {version for where, version in self.wrong if where == number}

    @invariant()
    def every_stage_has_recorded_the_same_contents(self) -> None:
        for stage in self.pipeline.stages[1:]:
            for version, view in stage.revisions.items():
                assert view.spec.proof is not None
                assert view.spec.proof.image_digest == digest_of(image_of(version))
                assert view.spec.model.fingerprint == view.spec.proof.fingerprint

    @invariant()
    def nobody_writes_a_spec(self) -> None:
        assert [stage.spec for stage in self.pipeline.stages] == self.specs

    @invariant()
    def after_a_look_no_candidate_is_on_its_way_that_upstream_has_revoked(self) -> None:
        for number in (1, 2):
            world, before = self.pipeline.stages[number], self.pipeline.stages[number - 1]
            if number in self.pipeline.cut_off or world.status.stable is None:
                continue
            self.pipeline.look(number)
            world.reconcile()
            rollout = world.status.rollout
            if rollout is None or not rollout.analysed or rollout.version not in before.revisions:
                continue
            assert before.revisions[rollout.version].status.verdict is RevisionVerdict.PROVEN

    def teardown(self) -> None:
        if not hasattr(self, "pipeline"):
            return
        self.pipeline.cut_off.clear()
        for number, stage in enumerate(self.pipeline.stages):
            stage.evidence.clear()
            if stage.status.rollout is not None:
                stage.order("resume", stage.status.rollout.version)
            self.edit(number, stage.spec.version if number == 0 else None, paused=False)
        self.pipeline.run(1800, step=10.0)
        for before, stage in zip(self.pipeline.stages, self.pipeline.stages[1:], strict=False):
            assert stage.status.rollout is None
            assert stage.status.stable == before.status.stable or self.is_explained(stage)

    @staticmethod
    def is_explained(stage: World) -> bool:
        promotion = stage.status.promotion
        assert promotion is not None
        return promotion.state in EXPLAINED or stage.status.concluded is not None


PipelineMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=20)
TestPipeline = PipelineMachine.TestCase
