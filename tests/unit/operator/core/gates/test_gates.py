"""Gates hold a version back, whatever they are."""

from typing import Any

import pytest

from bertrelease_operator.api.gates import GateKind
from bertrelease_operator.api.status import CaseFailure, Phase, RevisionVerdict, Verdict
from bertrelease_operator.core.gates.contract import GateResult, GateRun
from bertrelease_operator.core.observation import EvidenceView
from tests.support.gated import gate_statuses, released
from tests.support.world import BAD, World, release_spec, serving

PASS = GateResult(Verdict.PASS, "All good.")
FAIL = GateResult(
    Verdict.FAIL, "1 of 2 cases failed.", failures=(CaseFailure(case="今天[MASK]气", expected="天", got="生"),)
)
GONE = GateResult(Verdict.NO_DATA, "Nobody answers.")
# Stands for any kind that has a runner.
WORKED = {"name": "cases", "kind": "webhook", "webhook": {"url": "https://judge.example.org"}, "deadlineSeconds": 60}


def runs(world: World) -> list[tuple[str, str]]:
    """What runners work at: gates and points."""
    return [(run.gate, run.point) for run in world.gate_runs]


def test_a_version_gets_no_traffic_before_its_gate_passes() -> None:
    world = released(WORKED)
    world.run(30)
    assert world.weights == {"v1.0.0": 100}
    (run,) = world.gate_runs
    assert run == GateRun("cases", GateKind.WEBHOOK, "v1.1.0", "v1.0.0", 1, "traffic", run.definition)
    assert world.status.phase is Phase.ANALYZING
    assert "gate cases before traffic: NoData" in world.status.message
    world.gate_results["cases"] = PASS
    world.run(3)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    assert runs(world) == []
    (status,) = gate_statuses(world)
    assert (status.verdict, status.message, status.finished_at is not None) == (Verdict.PASS, "All good.", True)


def test_a_failure_rejects_the_version_with_what_failed() -> None:
    world = released(WORKED)
    world.gate_results["cases"] = FAIL
    world.run(2)
    revision = world.revisions["v1.1.0"].status
    assert (revision.verdict, revision.reason) == (RevisionVerdict.REJECTED, "GateFailed")
    assert "cases before traffic: 1 of 2 cases failed." in revision.message
    assert revision.gates[0].failures[0].got == "生"
    assert world.status.phase is Phase.ROLLED_BACK
    assert all(weights == {"v1.0.0": 100} for _, weights in world.route_history)


def test_a_gate_that_cannot_run_leaves_the_version_unproven_at_its_deadline() -> None:
    world = released(WORKED)
    world.gate_results["cases"] = GONE
    world.run(45)
    assert len(gate_statuses(world)) == 1
    world.run(12)
    assert gate_statuses(world) == []
    revision = world.revisions["v1.1.0"].status
    assert (revision.verdict, revision.reason) == (RevisionVerdict.UNPROVEN, "GateDeadlineExceeded")
    assert "within 60 s: NoData. Nobody answers." in revision.message


def test_gates_come_one_after_another_in_their_order() -> None:
    world = released(WORKED, {**WORKED, "name": "second"})
    assert [run.gate for run in world.gate_runs] == ["cases"]
    world.gate_results["cases"] = PASS
    world.run(3)
    assert [run.gate for run in world.gate_runs] == ["second"]
    assert world.weights == {"v1.0.0": 100}


def test_a_gate_before_each_step_is_passed_anew_at_each() -> None:
    world = released({**WORKED, "before": ["eachStep", "promotion"]})
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    world.run(15)
    assert [run.point for run in world.gate_runs] == ["step-2"]
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    world.gate_results["cases"] = PASS
    world.run(3)
    assert world.weights == {"v1.0.0": 50, "v1.1.0": 50}
    del world.gate_results["cases"]
    world.run(20)
    assert [run.point for run in world.gate_runs] == ["promotion"]
    world.gate_results["cases"] = PASS
    world.run(5)
    assert world.status.stable == "v1.1.0"
    assert [status.point for status in world.revisions["v1.1.0"].status.gates] == ["step-2", "promotion"]


def test_the_health_watch_goes_on_at_a_gate() -> None:
    world = released({**WORKED, "before": ["promotion"]})
    world.run(30)
    assert [run.point for run in world.gate_runs] == ["promotion"]
    world.evidence["v1.1.0"] = BAD
    world.run(1)
    assert world.weights == {"v1.0.0": 100}
    assert world.revisions["v1.1.0"].status.reason == "ErrorRateFailed"
    assert runs(world) == []


def test_time_at_a_gate_counts_for_no_other_deadline() -> None:
    world = released({**WORKED, "before": ["traffic", "eachStep"], "deadlineSeconds": 1000})
    world.run(500)
    assert world.weights == {"v1.0.0": 100}
    world.gate_results["cases"] = PASS
    world.run(5)
    del world.gate_results["cases"]
    world.run(500)
    assert [run.point for run in world.gate_runs] == ["step-2"]
    world.gate_results["cases"] = PASS
    world.run(3)
    assert world.weights == {"v1.0.0": 50, "v1.1.0": 50}


LONG = {**WORKED, "before": ["eachStep"], "deadlineSeconds": 6000}
UNDECIDED = EvidenceView(Verdict.INCONCLUSIVE)


def at_step_gate(**strategy: Any) -> World:
    """v1.1.0 is at the gate before step 2; the step that it is at has a deadline of 60 s."""
    given = {**release_spec().strategy.model_dump(mode="json", by_alias=True), **strategy}
    world = released(LONG, strategy=given)
    world.run(12)
    assert [run.point for run in world.gate_runs] == ["step-2"]
    return world


def seconds_until_given_up(world: World) -> float:
    """From now on the evidence is undecided."""
    world.evidence["v1.1.0"] = UNDECIDED
    began = world.now
    while world.status.rollout is not None:
        world.run(1)
        assert world.now < began + 200
    assert world.revisions["v1.1.0"].status.reason == "StepDeadlineExceeded"
    return world.now - began


def test_time_at_a_gate_counts_for_no_other_deadline_after_a_pause_either() -> None:
    world = at_step_gate()
    world.run(500)
    world.edit("v1.1.0", paused=True)
    world.run(100)
    world.edit("v1.1.0", paused=False)
    assert seconds_until_given_up(world) > 40


def test_time_at_a_gate_in_which_there_were_no_figures_is_left_out_once() -> None:
    world = at_step_gate(sourceDownLimitSeconds=5000)
    world.evidence["v1.1.0"] = EvidenceView(Verdict.SOURCE_DOWN)
    world.run(1000, step=5)
    world.gate_results["cases"] = PASS
    world.evidence["v1.1.0"] = UNDECIDED
    world.run(1)
    assert 40 < seconds_until_given_up(world) < 62


def test_a_pause_in_which_there_were_no_figures_is_left_out_once() -> None:
    world = released(strategy={**release_spec().strategy.model_dump(mode="json", by_alias=True)})
    world.evidence["v1.1.0"] = EvidenceView(Verdict.SOURCE_DOWN)
    world.edit("v1.1.0", paused=True)
    world.run(100)
    world.edit("v1.1.0", paused=False)
    world.evidence["v1.1.0"] = UNDECIDED
    world.run(1)
    assert 40 < seconds_until_given_up(world) < 62


def test_a_step_that_starts_anew_has_its_whole_deadline_and_no_more() -> None:
    world = at_step_gate()
    world.run(1000, step=5)
    world.gate_results["cases"] = PASS
    world.evidence["v1.1.0"] = UNDECIDED
    world.run(2)
    world.edit("v1.1.0", paused=True)
    world.run(100)
    world.edit("v1.1.0", paused=False)
    world.order("resume", "v1.1.0")
    assert 59 < seconds_until_given_up(world) < 63


def test_a_step_that_passed_before_its_gate_must_still_be_well_after_it() -> None:
    world = released({**WORKED, "before": ["eachStep"]})
    world.run(15)
    world.evidence["v1.1.0"] = EvidenceView(Verdict.INCONCLUSIVE)
    world.gate_results["cases"] = PASS
    world.run(20)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    del world.evidence["v1.1.0"]
    world.run(3)
    assert world.weights == {"v1.0.0": 50, "v1.1.0": 50}


def test_a_paused_release_begins_no_gate_and_begins_anew_what_was_at_work() -> None:
    world = released(WORKED)
    world.edit("v1.1.0", paused=True)
    world.run(200)
    assert runs(world) == []
    assert gate_statuses(world) == []
    assert world.status.rollout is not None
    world.edit("v1.1.0", paused=False)
    world.run(2)
    assert [run.gate for run in world.gate_runs] == ["cases"]
    world.run(30)
    assert world.status.rollout is not None


def test_a_gate_taken_out_of_the_spec_holds_nothing() -> None:
    world = released(WORKED)
    world.edit("v1.1.0", gates=[])
    world.run(3)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    assert gate_statuses(world) == []


def test_what_a_gate_said_before_it_was_edited_does_not_count_for_what_it_is_now() -> None:
    world = released(WORKED)
    world.edit("v1.1.0", gates=[{**WORKED, "webhook": {"url": "https://stricter.example.org"}}])
    world.gate_results["cases"] = PASS  # of the judge that was asked first
    world.reconcile()
    assert [status.finished_at for status in gate_statuses(world)] == [None]
    assert world.weights == {"v1.0.0": 100}
    world.run(3)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}


@pytest.mark.parametrize("act", ["abort", "edit"])
def test_runs_end_with_the_rollout(act: str) -> None:
    world = released(WORKED)
    if act == "abort":
        world.order("abort", "v1.1.0")
    else:
        world.edit("v1.0.0")
    world.run(2)
    assert runs(world) == []
    assert world.status.rollout is None
    assert [status.verdict for status in world.revisions["v1.1.0"].status.gates] == [Verdict.NO_DATA]


def test_another_attempt_is_another_run() -> None:
    world = released(WORKED)
    world.gate_results["cases"] = FAIL
    world.run(2)
    del world.gate_results["cases"]
    world.order("retry", "v1.1.0")
    world.run(10)
    assert [run.attempt for run in world.gate_runs] == [2]


def test_a_version_that_was_dropped_and_is_asked_for_again_comes_to_its_gates_as_another_run() -> None:
    world = released(WORKED)
    world.edit("v1.0.0")
    world.run(3)
    world.edit("v1.1.0")
    world.run(10)
    assert [run.attempt for run in world.gate_runs] == [2]


def test_going_back_to_a_proven_version_passes_no_gate() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(400)
    world.edit("v1.0.0", gates=[WORKED])
    world.run(3)
    assert world.weights == {"v1.0.0": 100}
    assert runs(world) == []


def test_a_failure_that_was_not_yet_written_down_is_found_again() -> None:
    for writes in range(3):
        world = released(WORKED)
        world.gate_results["cases"] = FAIL
        world.reconcile(writes=writes)
        world.gate_runs = ()
        world.run(5)
        assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED, writes


def first(*gates: dict[str, Any]) -> World:
    world = World(release_spec(gates=list(gates)))
    world.run(10)
    return world


def test_the_first_version_is_not_reached_before_its_gates_pass() -> None:
    world = first(WORKED, {**WORKED, "name": "last", "before": ["promotion"]})
    (run,) = world.gate_runs
    assert run == GateRun("cases", GateKind.WEBHOOK, "v1.0.0", None, 1, "traffic", run.definition)
    assert (world.route, world.root_version, world.status.phase) == (None, None, Phase.PENDING)
    world.gate_results["cases"] = PASS
    world.run(5)
    assert [run.gate for run in world.gate_runs] == ["last"]
    assert (world.route, world.root_version) == (None, None)
    world.gate_results["last"] = PASS
    world.run(5)
    assert (world.weights, world.root_version) == ({"v1.0.0": 100}, "v1.0.0")


def test_a_first_version_that_fails_its_gate_never_serves() -> None:
    for writes in (0, 1, 2, 9):
        world = first(WORKED)
        world.gate_results["cases"] = FAIL
        world.reconcile(writes=writes)
        world.run(30)
        assert world.revisions["v1.0.0"].status.verdict is RevisionVerdict.REJECTED
        assert (world.route, world.root_version, world.status.stable) == (None, None, None)
        assert world.workloads["v1.0.0"].replicas == 0
        assert "cases before traffic" in world.status.message
        del world.gate_results["cases"]
        world.release("v1.0.1")
        world.run(10)
        world.gate_results["cases"] = PASS
        world.run(10)
        assert world.weights == {"v1.0.1": 100}


def test_a_promotion_by_hand_still_comes_to_the_gates_before_promotion() -> None:
    world = released({**WORKED, "before": ["eachStep", "promotion"]})
    world.order("promote", "v1.1.0")
    world.run(3)
    assert [run.point for run in world.gate_runs] == ["promotion"]
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    world.gate_results["cases"] = PASS
    world.run(5)
    assert world.weights == {"v1.1.0": 100}


def test_a_freeze_until_further_notice_holds_the_version_and_nothing_else() -> None:
    freeze = {"start": "1970-01-01T00:00:00Z", "end": "9999-12-31T23:59:59Z", "reason": "until further notice"}
    world = released({"name": "freeze", "kind": "window", "window": {"freezes": [freeze]}, "deadlineSeconds": 60})
    assert gate_statuses(world)[0].message.endswith("after a freeze (until further notice).")
    world.run(70)
    assert world.status.concluded is not None
    assert world.status.concluded.reason == "GateDeadlineExceeded"
