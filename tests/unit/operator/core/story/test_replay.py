"""What other limits would have made of what was recorded."""

from typing import Any

import pytest

from bertrelease_operator.api.status import BertRevisionStatus, CheckStatus, RevisionVerdict, Verdict
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.replay.policy import Policy, changed, recorded_fields
from bertrelease_operator.core.replay.run import Ended, Replayed, replay
from tests.support.measured import Behaviour, MeasuredWorld
from tests.support.world import release_spec


def released(behaviour: Behaviour, seconds: float = 60, **spec: Any) -> MeasuredWorld:
    """v1.1.0 on its way for `seconds` beside a good v1.0.0."""
    world = MeasuredWorld(release_spec("v1.0.0", **spec))
    world.run(300)
    world.behaviours["v1.1.0"] = behaviour
    world.release("v1.1.0")
    world.run(seconds)
    return world


def replayed(world: MeasuredWorld, version: str = "v1.1.0", **patch: Any) -> Replayed:
    status = recorded(world, version)
    assert status.recording is not None
    policy = Policy.of(changed(recorded_fields(status.recording.policy), patch))
    return replay(world.revisions[version].spec, status, policy)


def recorded(world: MeasuredWorld, version: str = "v1.1.0") -> BertRevisionStatus:
    return world.revisions[version].status


OTHER_EDGES_MS = (2.0, 25.0, 60.0, 75.0, 80.0, 100.0, 150.0, 300.0, 500.0, 900.0)
FAILING = Behaviour(error_share=0.3)
SLOW = Behaviour(slow_share=0.3)
LEAKING = Behaviour(memory_share=0.99)


@pytest.mark.parametrize(
    ("behaviour", "seconds", "reason"),
    [
        (FAILING, 60, "ErrorRateFailed"),
        (SLOW, 60, "P95LatencyFailed"),
        (LEAKING, 120, "MemoryFailed"),
        (Behaviour(load_failures=1), 60, "ModelLoadFailed"),
        (Behaviour(slow_share=0.055), 200, "StepDeadlineExceeded"),
        (Behaviour(), 300, "Promoted"),
        (Behaviour(edges_ms=OTHER_EDGES_MS), 300, "Promoted"),
        (Behaviour(edges_ms=OTHER_EDGES_MS, slow_share=0.3), 60, "P95LatencyFailed"),
    ],
    ids=["errors", "slow", "memory", "load", "undecided", "good", "other-buckets", "slow-in-other-buckets"],
)
def test_the_policy_that_was_in_force_leads_to_what_happened(behaviour: Behaviour, seconds: float, reason: str) -> None:
    world = released(behaviour, seconds)
    happened, found = recorded(world), replayed(world)
    assert happened.reason == reason
    assert (found.verdict, found.reason, found.message) == (happened.verdict, happened.reason, happened.message)
    assert found.ended is Ended.BY_POLICY
    assert found.checks == happened.checks
    assert to_epoch(found.at) == pytest.approx(to_epoch(happened.decided_at or ""), abs=1.5)


def test_a_wider_limit_would_have_gone_on_and_says_that_the_record_ends() -> None:
    found = replayed(
        released(FAILING), health={"errorRate": {"max": 60, "maxExtraPercent": 100}, "p95LatencyMs": {"enabled": False}}
    )
    assert (found.ended, found.verdict) == (Ended.UNDECIDED, RevisionVerdict.CANDIDATE)
    assert "at 10 %" in found.message
    errors = next(check for check in found.checks if check.name == "error-rate")
    assert (errors.limit, errors.verdict) == (60, Verdict.INCONCLUSIVE)


def test_a_smaller_sample_would_have_moved_on_before_the_fault_was_seen() -> None:
    world = released(Behaviour(), 12)
    world.behaviours["v1.1.0"] = FAILING
    world.run(60)
    assert [entry.step for entry in recorded(world).story][-1] == 0
    found = replayed(
        world, health={"minimumSample": 10}, strategy={"canary": {"steps": [{"weight": 10, "holdSeconds": 4}]}}
    )
    assert (found.verdict, found.reason) == (RevisionVerdict.REJECTED, "ErrorRateFailed")
    assert [entry.reason for entry in found.story if not entry.holds][:3] == ["Started", "CanaryStep", "CanaryPassed"]


def test_a_narrower_limit_would_have_taken_back_what_was_promoted() -> None:
    world = released(Behaviour(error_share=0.02), 300, health={"errorRate": {"max": 5, "maxExtraPercent": 100}})
    assert recorded(world).verdict is RevisionVerdict.PROVEN
    found = replayed(world, health={"errorRate": {"max": 0.1}})
    assert (found.ended, found.verdict, found.reason) == (
        Ended.BY_POLICY, RevisionVerdict.REJECTED, "ErrorRateFailed",
    )  # fmt: skip
    assert found.at < (recorded(world).decided_at or "")


def test_a_longer_hold_would_have_taken_longer() -> None:
    world = released(Behaviour(), 300)
    found = replayed(world, strategy={"canary": {"steps": [{"weight": 10, "holdSeconds": 40}]}})
    assert found.verdict is RevisionVerdict.PROVEN
    passed = next(entry for entry in found.story if entry.reason == "CanaryPassed")
    begun = next(entry for entry in found.story if entry.reason == "CanaryStep")
    assert to_epoch(passed.at) - to_epoch(begun.at) >= 40


def test_what_no_policy_decides_happens_anyway() -> None:
    world = released(Behaviour(), 15)
    world.order("abort", "v1.1.0")
    world.run(3)
    found = replayed(world, health={"minimumSample": 1000})
    assert (found.ended, found.verdict, found.reason) == (Ended.AS_RECORDED, RevisionVerdict.UNPROVEN, "Aborted")


DRIFT = {"predictionDrift": {"maxConfidenceShift": 15}}


def test_answers_are_not_on_record_so_that_their_drift_is_left_out() -> None:
    world = released(Behaviour(), 300)
    happened, found = recorded(world), replayed(world, health=DRIFT)
    assert (found.ended, found.verdict, found.reason) == (Ended.BY_POLICY, RevisionVerdict.PROVEN, happened.reason)
    assert found.checks == happened.checks


@pytest.mark.parametrize(
    ("tried", "expected"),
    [
        ({}, (Ended.AS_RECORDED, RevisionVerdict.REJECTED, "ConfidenceShiftFailed")),
        ({"errorRate": {"max": 60}}, (Ended.AS_RECORDED, RevisionVerdict.REJECTED, "ConfidenceShiftFailed")),
        ({"predictionDrift": {"maxConfidenceShift": 80}}, (Ended.UNDECIDED, RevisionVerdict.CANDIDATE, "RecordEnds")),
        ({"predictionDrift": None}, (Ended.UNDECIDED, RevisionVerdict.CANDIDATE, "RecordEnds")),
    ],
    ids=["same", "other-limit", "wider", "without"],
)
def test_a_version_that_drifted_is_taken_back_again_unless_drift_is_judged_otherwise(
    tried: dict[str, Any], expected: tuple[Ended, RevisionVerdict, str]
) -> None:
    world = released(Behaviour(), 15, health=DRIFT)
    world.order("abort", "v1.1.0")
    world.run(3)
    aborted = recorded(world)
    assert aborted.recording is not None
    fields = recorded_fields(aborted.recording.policy)
    check = CheckStatus(name="confidence-shift", verdict=Verdict.FAIL)
    told = {"verdict": RevisionVerdict.REJECTED, "reason": "ConfidenceShiftFailed", "checks": [check]}
    drifted = aborted.model_copy(update=told)
    found = replay(world.revisions["v1.1.0"].spec, drifted, Policy.of(changed(fields, {"health": tried})))
    assert (found.ended, found.verdict, found.reason) == expected


def test_orders_and_pauses_come_when_they_came() -> None:
    world = released(Behaviour(), 6)
    world.edit("v1.1.0", paused=True)
    world.run(30)
    world.edit("v1.1.0", paused=False)
    world.run(3)
    world.order("promote", "v1.1.0")
    world.run(300)
    found = replayed(world)
    told = [entry.reason for entry in found.story if not entry.holds]
    assert told == [entry.reason for entry in recorded(world).story if not entry.holds]
    assert found.verdict is recorded(world).verdict


def test_a_restart_of_the_operator_loses_the_same_evidence_again() -> None:
    world = released(Behaviour(), 12)
    world.lose_memory()
    world.run(300)
    assert replayed(world).verdict is recorded(world).verdict is RevisionVerdict.PROVEN
    assert len({looks.epoch for looks in recorded(world).recording.looks}) < len(recorded(world).recording.looks)  # type: ignore[union-attr]


def test_an_outage_of_the_source_holds_again() -> None:
    world = released(Behaviour(), 8)
    world.behaviours["v1.1.0"].silent = True
    world.run(20)
    world.behaviours["v1.1.0"].silent = False
    world.run(300)
    found = replayed(world)
    assert any("SourceDown" in entry.message for entry in found.story)
    assert found.verdict is recorded(world).verdict is RevisionVerdict.PROVEN


def test_the_very_first_version_is_replayed_too() -> None:
    world = MeasuredWorld(release_spec("v1.0.0"))
    world.run(300)
    found = replayed(world, "v1.0.0")
    assert (found.verdict, found.reason) == (RevisionVerdict.PROVEN, "Observed")


def test_a_version_without_a_recording_says_so() -> None:
    world = released(Behaviour(), 6)
    with pytest.raises(ValueError, match=r"no recording of v1\.1\.0"):
        replay(world.revisions["v1.1.0"].spec, BertRevisionStatus(), Policy.of({}))


def test_a_patch_changes_what_it_names_alone() -> None:
    fields = {"health": {"errorRate": {"max": 1, "maxExtraPercent": 2}, "minimumSample": 5}}
    patch = {"health": {"errorRate": {"max": 3}, "minimumSample": None}, "strategy": {"kind": "canary"}}
    assert changed(fields, patch) == {
        "health": {"errorRate": {"max": 3, "maxExtraPercent": 2}},
        "strategy": {"kind": "canary"},
    }
