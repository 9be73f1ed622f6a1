"""The policy that was in force leads to what happened, for any release that can be drawn."""

from random import Random

import hypothesis.strategies as st
import pytest
from hypothesis import Phase, assume, given, settings

from bertrelease_operator.api.status import BertRevisionStatus, RevisionVerdict
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.replay.policy import Policy, changed, recorded_fields
from bertrelease_operator.core.replay.run import Ended, replay
from tests.support.measured import Behaviour, MeasuredWorld
from tests.support.strategies import STRATEGIES
from tests.support.world import release_spec

# An example takes a second, and a seed is as small as it gets.
_WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)

behaviours = st.builds(
    Behaviour,
    error_share=st.sampled_from([0.0, 0.004, 0.02, 0.3]),
    slow_share=st.sampled_from([0.0, 0.04, 0.06, 0.3]),
    memory_share=st.sampled_from([0.5, 0.5, 0.99]),
)


def released(seed: int, strategy: str, first: Behaviour, later: Behaviour, changes_after: int) -> MeasuredWorld:
    """v1.1.0 behaves otherwise from some moment on; nobody promotes what waits for a person."""
    world = MeasuredWorld(release_spec("v1.0.0", strategy=STRATEGIES[strategy]), random=Random(seed))
    world.run(20)
    world.behaviours["v1.1.0"] = first
    world.release("v1.1.0")
    world.run(changes_after)
    world.behaviours["v1.1.0"] = later
    world.run(120)
    return world


@settings(max_examples=12, phases=_WITHOUT_SHRINKING)
@given(st.integers(0, 10**6), st.sampled_from(list(STRATEGIES)), behaviours, behaviours, st.integers(1, 40))
def test_the_policy_in_force_reproduces_the_verdict(
    seed: int, strategy: str, first: Behaviour, later: Behaviour, changes_after: int
) -> None:
    world = released(seed, strategy, first, later, changes_after)
    happened = world.revisions["v1.1.0"].status
    assume(happened.recording is not None and happened.recording.looks)
    assert happened.recording is not None
    policy = Policy.of(recorded_fields(happened.recording.policy))
    found = replay(world.revisions["v1.1.0"].spec, happened, policy)
    assert (found.verdict, found.reason or "RecordEnds") == _expected(happened)
    if happened.verdict is RevisionVerdict.REJECTED:
        assert found.message == happened.message
        assert to_epoch(found.at) == pytest.approx(to_epoch(happened.decided_at or ""), abs=1.5)


def _expected(happened: BertRevisionStatus) -> tuple[RevisionVerdict, str]:
    undecided = happened.verdict is RevisionVerdict.CANDIDATE
    return happened.verdict, "RecordEnds" if undecided else happened.reason


@settings(max_examples=6, phases=_WITHOUT_SHRINKING)
@given(st.integers(0, 10**6), behaviours, st.sampled_from([0.0, 0.1, 1.0, 20.0]), st.integers(10, 400))
def test_any_limits_on_any_release_come_to_an_end_that_the_record_covers(
    seed: int, behaviour: Behaviour, most_errors: float, slowest_ms: int
) -> None:
    world = released(seed, "canary", behaviour, behaviour, 1)
    happened = world.revisions["v1.1.0"].status
    assert happened.recording is not None
    patch = {"health": {"errorRate": {"max": most_errors}, "p95LatencyMs": {"max": slowest_ms}}}
    policy = Policy.of(changed(recorded_fields(happened.recording.policy), patch))
    found = replay(world.revisions["v1.1.0"].spec, happened, policy)
    assert to_epoch(happened.recording.started_at) <= to_epoch(found.at) <= world.now + 2
    if found.ended is Ended.UNDECIDED:
        assert found.verdict is RevisionVerdict.CANDIDATE
