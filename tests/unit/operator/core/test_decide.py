"""The main paths of a release, told with the world of tests/support/world.py."""

from dataclasses import replace

import pytest

from bertrelease_operator.api.status import Phase, RevisionVerdict, RolloutStage, Verdict
from bertrelease_operator.core.observation import EvidenceView
from tests.support.told import condition, phase, reasons, verdict
from tests.support.world import BAD, World, release_spec, serving


def test_the_first_version_gets_all_traffic_once_it_is_ready_and_is_proven_by_serving() -> None:
    world = World(release_spec())
    world.run(3)
    assert world.weights == {}
    world.run(20)
    assert world.weights == {"v1.0.0": 100}
    assert world.status.stable == "v1.0.0"
    assert verdict(world, "v1.0.0") is RevisionVerdict.PROVEN
    world.run(300)
    assert phase(world) is Phase.HEALTHY
    assert condition(world, "Ready") == "True"
    assert world.watches == ()


def test_a_first_version_without_traffic_serves_on_but_is_unproven() -> None:
    world = World(release_spec())
    world.evidence["v1.0.0"] = EvidenceView(Verdict.NO_DATA)
    world.run(300)
    assert world.weights == {"v1.0.0": 100}
    assert verdict(world, "v1.0.0") is RevisionVerdict.UNPROVEN


def test_a_good_candidate_goes_through_every_step_and_the_old_version_stays_warm() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(60)
    weights = [dict(weights) for _, weights in world.route_history]
    assert weights == [
        {"v1.0.0": 100},
        {"v1.0.0": 90, "v1.1.0": 10},
        {"v1.0.0": 50, "v1.1.0": 50},
        {"v1.1.0": 100},
    ]
    assert verdict(world, "v1.1.0") is RevisionVerdict.PROVEN
    assert phase(world) is Phase.OBSERVING
    assert world.workloads["v1.0.0"].replicas == 2
    assert world.root_version == "v1.1.0"
    world.run(300)
    assert phase(world) is Phase.HEALTHY
    assert world.workloads["v1.0.0"].replicas == 2


def test_capacity_comes_before_weight() -> None:
    world = serving()
    world.release("v1.1.0")
    world.unready.add("v1.1.0")
    world.run(30)
    assert world.weights == {"v1.0.0": 100}
    assert world.workloads["v1.1.0"].replicas == 1
    world.unready.clear()
    world.run(6)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}


def test_a_failing_candidate_is_taken_back_at_once_and_stays_rejected() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(8)
    assert world.weights["v1.1.0"] == 10
    world.evidence["v1.1.0"] = BAD
    decision = world.reconcile()
    assert decision.route is not None
    assert decision.route.urgent
    assert world.weights == {"v1.0.0": 100}
    assert verdict(world, "v1.1.0") is RevisionVerdict.REJECTED
    world.evidence.clear()
    world.run(300)
    assert world.weights == {"v1.0.0": 100}
    assert phase(world) is Phase.ROLLED_BACK
    assert condition(world, "RolledBack") == "True"
    assert condition(world, "Ready") == "False"
    assert "20 of 100 requests failed" in world.status.message
    assert world.workloads["v1.1.0"].replicas == 0


def test_a_rejected_version_is_tried_again_only_when_a_person_says_so() -> None:
    world = serving()
    world.release("v1.1.0")
    world.evidence["v1.1.0"] = BAD
    world.run(20)
    world.edit("v1.0.0", model={"name": "bert-v1.0.0"})
    world.run(5)
    world.release("v1.1.0")
    world.evidence.clear()
    world.run(50)
    assert world.weights == {"v1.0.0": 100}
    world.order("retry", "v1.1.0")
    world.run(60)
    assert world.weights == {"v1.1.0": 100}
    assert world.revisions["v1.1.0"].status.attempt == 2


def test_editing_the_version_back_flips_the_route_in_the_same_reconcile() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(300)
    world.edit("v1.0.0")
    decision = world.reconcile(writes=1)
    assert decision.route is not None
    assert decision.route.urgent
    assert world.weights == {"v1.0.0": 100}
    world.run(5)
    assert world.status.stable == "v1.0.0"
    assert phase(world) is Phase.HEALTHY
    assert "SwitchedBack" in reasons(world)
    assert world.root_version == "v1.0.0"


def test_a_promoted_version_that_turns_bad_while_observed_is_taken_back() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(60)
    assert world.status.stable == "v1.1.0"
    world.evidence["v1.1.0"] = BAD
    world.reconcile()
    assert world.weights == {"v1.0.0": 100}
    assert verdict(world, "v1.1.0") is RevisionVerdict.REJECTED
    world.run(50)
    assert phase(world) is Phase.ROLLED_BACK
    assert world.status.stable == "v1.0.0"


def test_a_promoted_version_is_not_taken_back_to_one_without_ready_pods() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(60)
    world.unready.add("v1.0.0")
    world.run(2)
    world.evidence["v1.1.0"] = BAD
    world.run(5)
    assert world.weights == {"v1.1.0": 100}


@pytest.mark.parametrize("verdict_so_far", [Verdict.NO_DATA, Verdict.INCONCLUSIVE])
def test_without_a_pass_by_the_deadline_traffic_goes_back_and_the_version_is_unproven(verdict_so_far: Verdict) -> None:
    world = serving()
    world.evidence["v1.1.0"] = EvidenceView(verdict_so_far)
    world.release("v1.1.0")
    world.run(55)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    world.run(30)
    assert world.weights == {"v1.0.0": 100}
    assert verdict(world, "v1.1.0") is RevisionVerdict.UNPROVEN


def test_a_source_that_is_down_holds_and_its_time_does_not_count_towards_the_deadline() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(8)
    world.evidence["v1.1.0"] = EvidenceView(Verdict.SOURCE_DOWN)
    world.run(100)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    world.evidence.clear()
    world.run(40)
    assert world.weights == {"v1.1.0": 100}


def test_after_a_long_outage_of_the_source_a_person_is_asked() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(8)
    world.evidence["v1.1.0"] = EvidenceView(Verdict.SOURCE_DOWN)
    world.run(150)
    world.evidence.clear()
    world.run(100)
    assert world.weights == {"v1.0.0": 90, "v1.1.0": 10}
    assert phase(world) is Phase.PAUSED
    world.order("resume", "v1.1.0")
    world.run(60)
    assert world.weights == {"v1.1.0": 100}


def test_a_spec_that_agrees_with_no_record_is_refused_and_what_serves_keeps_serving() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(300)
    world.edit("v1.0.0", config={"queueSize": 7})
    world.run(20)
    assert world.weights == {"v1.1.0": 100}
    assert phase(world) is Phase.REFUSED
    assert condition(world, "SpecAccepted") == "False"
    assert "spec.config and spec.model" in world.status.message
    world.edit("v1.1.0", config={}, model={"name": "bert-v1.1.0"})
    world.run(2)
    assert phase(world) is Phase.HEALTHY


def test_a_full_revert_after_an_edit_of_the_version_alone_is_accepted() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(300)
    world.edit("v1.0.0")
    world.run(5)
    assert world.status.contents_version == "v1.1.0"
    world.edit("v1.0.0", model={"name": "bert-v1.0.0"})
    world.run(2)
    assert phase(world) is Phase.HEALTHY
    assert world.status.contents_version == "v1.0.0"


def test_what_a_version_was_proven_as_is_recorded_and_does_not_change_afterwards() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(8)

    def seen_after(image_id: str, fingerprint: str, seconds: int) -> tuple[str | None, str | None]:
        world.workloads["v1.1.0"] = replace(world.workloads["v1.1.0"], image_ids=frozenset({image_id}))
        world.evidence["v1.1.0"] = EvidenceView(Verdict.PASS, fingerprints=frozenset({fingerprint}))
        world.run(seconds)
        status = world.revisions["v1.1.0"].status
        return status.image_id, status.fingerprint

    assert seen_after("localhost/bert@sha256:1", "sha256:2", 1) == ("localhost/bert@sha256:1", "sha256:2")
    assert seen_after("localhost/bert@sha256:3", "sha256:4", 100) == ("localhost/bert@sha256:3", "sha256:4")
    assert world.revisions["v1.1.0"].status.verdict is RevisionVerdict.PROVEN
    assert seen_after("localhost/bert@sha256:5", "sha256:6", 1) == ("localhost/bert@sha256:3", "sha256:4")


def test_a_newer_version_supersedes_the_candidate_on_its_way() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(8)
    world.release("v1.2.0")
    world.reconcile()
    assert world.weights == {"v1.0.0": 100}
    assert verdict(world, "v1.1.0") is RevisionVerdict.SUPERSEDED
    world.run(60)
    assert world.weights == {"v1.2.0": 100}


def test_promote_by_hand_skips_the_rest_of_the_analysis_and_proves_later() -> None:
    world = serving()
    world.evidence["v1.1.0"] = EvidenceView(Verdict.INCONCLUSIVE)
    world.release("v1.1.0")
    world.run(8)
    world.order("promote", "v1.1.0")
    world.run(6)
    assert world.weights == {"v1.1.0": 100}
    assert verdict(world, "v1.1.0") is RevisionVerdict.CANDIDATE
    world.evidence.clear()
    world.run(20)
    assert verdict(world, "v1.1.0") is RevisionVerdict.PROVEN


def test_abort_sends_the_traffic_back_and_a_retry_starts_over() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(8)
    world.order("abort", "v1.1.0")
    world.reconcile()
    assert world.weights == {"v1.0.0": 100}
    assert world.status.handled_command == world.command
    world.run(60)
    assert world.weights == {"v1.0.0": 100}
    world.order("retry", "v1.1.0")
    world.run(60)
    assert world.weights == {"v1.1.0": 100}


def test_a_command_about_nothing_is_answered_once() -> None:
    world = serving()
    world.order("promote", "v9.9.9")
    world.run(3)
    assert reasons(world).count("CommandIgnored") == 1


def test_one_unready_stable_pod_does_not_stop_a_rollback() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(8)
    stable = world.workloads["v1.0.0"]
    world.workloads["v1.0.0"] = stable.__class__(replicas=2, ready_endpoints=1)
    world.evidence["v1.1.0"] = BAD
    world.reconcile()
    assert world.weights == {"v1.0.0": 100}


def test_when_the_stable_version_has_no_ready_pod_whoever_has_serves() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(300)
    world.unready.add("v1.1.0")
    world.start_pods()
    world.reconcile()
    assert world.weights == {"v1.0.0": 100}
    assert phase(world) is Phase.DEGRADED
    world.unready.clear()
    world.run(3)
    assert world.weights == {"v1.1.0": 100}


def test_the_switch_to_a_cold_proven_version_follows_its_ready_pods() -> None:
    world = serving()
    for version in ("v1.1.0", "v1.2.0"):
        world.release(version)
        world.run(300)
    assert world.workloads["v1.0.0"].replicas == 0
    world.edit("v1.0.0")
    world.reconcile()
    assert world.weights == {"v1.2.0": 100}
    world.workloads["v1.0.0"] = world.workloads["v1.0.0"].__class__(replicas=2, ready_endpoints=1)
    world.reconcile()
    assert world.weights == {"v1.0.0": 50, "v1.2.0": 50}
    world.run(5)
    assert world.weights == {"v1.0.0": 100}


def test_fewer_replicas_are_followed_while_the_version_serves() -> None:
    world = serving(replicas=5)
    world.edit("v1.0.0", replicas=2)
    world.run(3)
    assert world.workloads["v1.0.0"].replicas == 2


def test_replicas_that_somebody_added_are_taken_away_again() -> None:
    world = serving()
    world.workloads["v1.0.0"] = replace(world.workloads["v1.0.0"], replicas=7)
    world.run(3)
    assert world.workloads["v1.0.0"].replicas == 2


def test_only_the_last_proven_versions_are_kept() -> None:
    world = serving()
    for minor in range(1, 7):
        world.release(f"v1.{minor}.0")
        world.run(300)
    assert set(world.revisions) == {"v1.3.0", "v1.4.0", "v1.5.0", "v1.6.0"}
    warm = [version for version, workload in world.workloads.items() if workload.replicas]
    assert sorted(warm) == ["v1.5.0", "v1.6.0"]


def test_a_crash_after_the_route_was_written_still_latches_the_rejection() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(8)
    world.evidence["v1.1.0"] = BAD
    world.reconcile(writes=1)
    assert world.status.rollout is not None
    assert world.status.rollout.stage is RolloutStage.STEPPING
    world.evidence.clear()  # the restarted operator has gathered nothing yet
    world.reconcile()
    assert verdict(world, "v1.1.0") is RevisionVerdict.REJECTED
    assert world.status.rollout is None


def test_what_a_route_says_of_a_version_does_not_count_for_a_later_one_of_its_name() -> None:
    world = serving()
    world.release("v1.1.0")
    world.run(8)
    world.evidence["v1.1.0"] = BAD
    world.run(60)
    world.edit("v1.0.0")
    world.run(60)
    for gone in (world.revisions, world.workloads, world.evidence):
        gone.pop("v1.1.0")
    world.edit("v1.1.0", model={"name": "mended"})
    world.run(60)
    assert world.status.stable == "v1.1.0"
    assert verdict(world, "v1.1.0") is RevisionVerdict.PROVEN
