"""Whose checks the status shows: those of what is watched now, else those that a rollout ended on."""

from bertrelease_operator.api.status import CheckStatus, Verdict
from bertrelease_operator.core.gates.contract import GateResult
from bertrelease_operator.core.observation import EvidenceView
from tests.support.gates import JUDGE
from tests.support.world import BAD, World, serving


def evidence(verdict: Verdict, message: str) -> EvidenceView:
    return EvidenceView(verdict, (CheckStatus(name="error-rate", verdict=verdict, message=message),))


FINE = evidence(Verdict.PASS, "0 of 500 requests failed")
TOO_FEW = evidence(Verdict.INCONCLUSIVE, "0 of 5 requests failed")


def shown(world: World) -> tuple[str | None, list[str]]:
    return world.status.checks_of, [check.message for check in world.status.checks]


def healthy(world: World) -> tuple[str, str, str]:
    found = next(condition for condition in world.status.conditions if condition.type == "Healthy")
    return found.status.value, found.reason, found.message


def rejected_while_the_stable_version_is_observed() -> World:
    """v1.1.0 serves, with v1.0.0 to go back to, and is still watched; v1.2.0 was taken back."""
    world = serving()
    world.release("v1.1.0")
    world.evidence["v1.1.0"] = FINE
    world.run(40)
    assert (world.status.stable, world.status.observation is not None) == ("v1.1.0", True)
    world.release("v1.2.0")
    world.run(8)
    world.evidence["v1.2.0"] = BAD
    world.run(5)
    assert world.status.concluded is not None
    return world


def test_of_a_candidate_they_are_its_own() -> None:
    world = serving()
    world.release("v1.1.0")
    world.evidence["v1.1.0"] = FINE
    world.run(10)
    assert shown(world) == ("v1.1.0", ["0 of 500 requests failed"])


def test_those_that_a_version_was_taken_back_for_stay_as_long_as_nothing_else_is_watched() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(8)
    world.evidence["v1.1.0"] = BAD
    world.run(500, step=10)
    assert shown(world) == ("v1.1.0", ["20 of 100 requests failed"])


def test_those_that_were_not_enough_by_the_deadline_stay_as_well() -> None:
    world = serving()
    world.release("v1.1.0")
    world.evidence["v1.1.0"] = TOO_FEW
    world.run(200)
    assert world.weights == {"v1.0.0": 100}
    assert shown(world) == ("v1.1.0", ["0 of 5 requests failed"])


def test_a_serving_version_that_is_still_watched_is_shown_as_itself_after_another_one_was_taken_back() -> None:
    world = rejected_while_the_stable_version_is_observed()
    assert shown(world) == ("v1.1.0", ["0 of 500 requests failed"])
    assert world.status.message == "v1.1.0 serves. v1.2.0 was taken back: 20 of 100 requests failed."
    assert [check.message for check in world.revisions["v1.2.0"].status.checks] == ["20 of 100 requests failed"]
    world.run(400, step=10)
    assert world.status.observation is None
    assert shown(world) == (None, [])


def test_a_serving_version_that_fails_is_not_healthy_although_another_one_was_taken_back_before() -> None:
    world = rejected_while_the_stable_version_is_observed()
    assert healthy(world) == ("True", "RolledBack", "")
    world.evidence["v1.1.0"] = evidence(Verdict.FAIL, "30 of 100 requests failed")
    world.unready.add("v1.0.0")
    world.start_pods()
    world.run(3)
    assert world.status.stable == "v1.1.0", "there is nothing to go back to"
    assert healthy(world) == ("False", "ChecksFail", "30 of 100 requests failed")


def test_of_a_split_by_hand_they_are_those_of_the_version_beside_the_stable_one() -> None:
    world = serving()
    world.evidence["v1.1.0"] = FINE
    world.release("v1.1.0", traffic=[{"version": "v1.0.0", "weight": 60}, {"version": "v1.1.0", "weight": 40}])
    world.run(10)
    assert shown(world) == ("v1.1.0", ["0 of 500 requests failed"])


def test_an_attempt_that_ends_at_a_gate_does_not_show_the_figures_of_the_one_before() -> None:
    world = serving()
    world.edit("v1.0.0", gates=[JUDGE])
    world.gate_results["judge"] = GateResult(Verdict.PASS, "Well.")
    world.release("v1.1.0")
    world.run(8)
    world.evidence["v1.1.0"] = BAD
    world.run(20)
    assert shown(world) == ("v1.1.0", ["20 of 100 requests failed"])
    world.gate_results["judge"] = GateResult(Verdict.FAIL, "Too slow.")
    del world.evidence["v1.1.0"]
    world.order("retry", "v1.1.0")
    world.run(20)
    assert world.status.concluded is not None
    assert world.status.concluded.reason == "GateFailed"
    assert shown(world) == (None, [])
    assert world.revisions["v1.1.0"].status.checks == []
