"""Following another release: what stops a version that was adopted."""

from dataclasses import replace

from bertrelease_operator.api.notifications import NoticeKind
from bertrelease_operator.api.promotion import PromotionState
from bertrelease_operator.api.status import Phase, RevisionVerdict
from tests.support.pipeline import (
    CUT_OFF,
    Pipeline,
    following,
    message_of,
    promotion_of,
    proven_everywhere,
    rolling_out,
)
from tests.support.world import BAD, World


def test_proof_revoked_in_the_middle_takes_the_candidate_back_in_one_urgent_write() -> None:
    pipeline, dev, prod = rolling_out()
    dev.evidence["v1.1.0"] = BAD
    dev.run(2)
    assert dev.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED
    pipeline.look(1)
    decision = prod.reconcile(writes=1)
    assert decision.route is not None
    assert decision.route.urgent
    assert prod.weights == {"v1.0.0": 100}
    prod.upstream = None  # the operator died after its first write, and cannot read upstream any more
    prod.run(60)
    assert prod.weights == {"v1.0.0": 100}
    assert prod.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED
    assert prod.status.concluded is not None
    assert prod.status.concluded.reason == "UpstreamRevoked"
    assert "20 of 100 requests failed" in prod.status.concluded.message


def test_what_upstream_says_of_a_verdict_is_repeated_on_one_line_and_not_at_any_length() -> None:
    pipeline, dev, prod = rolling_out()
    said = {"verdict": RevisionVerdict.REJECTED, "message": "first\nsecond\x1b[2J " + "x" * 100_000}
    record = dev.revisions["v1.1.0"]
    dev.revisions["v1.1.0"] = replace(record, status=record.status.model_copy(update=said))
    pipeline.look(1)
    prod.reconcile()
    assert prod.status.concluded is not None
    assert "Rejected: first second [2J xxx" in prod.status.concluded.message
    assert len(prod.status.concluded.message) < 500


def test_after_both_went_back_it_is_said_that_the_same_version_serves_here_and_there() -> None:
    pipeline, dev, prod = rolling_out()
    dev.evidence["v1.1.0"] = BAD
    pipeline.run(60, step=5)
    assert pipeline.stable == ["v1.0.0", "v1.0.0"]
    assert promotion_of(prod) == (PromotionState.FOLLOWING, "v1.0.0")
    assert prod.status.phase is Phase.ROLLED_BACK
    assert message_of(prod) == "v1.0.0 serves here as in dev/fill-mask; v1.1.0 does not any more."


def test_upstream_going_back_by_hand_stops_the_candidate_and_calls_it_no_worse() -> None:
    pipeline, dev, prod = rolling_out()
    dev.edit("v1.0.0")
    pipeline.run(10)
    assert dev.status.stable == "v1.0.0"
    assert prod.weights == {"v1.0.0": 100}
    assert prod.revisions["v1.1.0"].status.verdict is RevisionVerdict.UNPROVEN
    assert prod.status.concluded is not None
    assert prod.status.concluded.reason == "UpstreamWentBack"


def test_what_upstream_left_is_stopped_for_good_even_if_the_operator_dies_and_upstream_falls_silent() -> None:
    pipeline, dev, prod = rolling_out()
    dev.edit("v1.0.0")
    dev.run(3)
    pipeline.look(1)
    decision = prod.reconcile(writes=1)
    assert decision.route is not None
    assert decision.route.urgent
    prod.upstream, prod.watches = None, ()
    prod.run(5)
    assert prod.weights == {"v1.0.0": 100}
    prod.upstream = CUT_OFF
    prod.run(200)
    assert prod.weights == {"v1.0.0": 100}
    assert prod.revisions["v1.1.0"].status.verdict is RevisionVerdict.UNPROVEN
    assert prod.status.concluded is not None
    assert prod.status.concluded.reason == "UpstreamWentBack"


def test_what_upstream_left_before_its_first_request_stays_stopped_as_well() -> None:
    pipeline, dev, prod = proven_everywhere()
    prod.unready.add("v1.1.0")
    pipeline.release("v1.1.0")
    while prod.status.rollout is None:
        pipeline.run(1)
    dev.edit("v1.0.0")
    dev.run(3)
    pipeline.look(1)
    verdict = prod.reconcile(writes=0).revision_statuses["v1.1.0"]  # all that is written before the operator dies
    prod.revisions["v1.1.0"] = replace(prod.revisions["v1.1.0"], status=verdict)
    pipeline.cut_off.add(1)
    prod.unready.clear()
    pipeline.run(100)
    assert prod.weights == {"v1.0.0": 100}
    assert prod.status.concluded is not None
    assert prod.status.concluded.reason == "UpstreamWentBack"


def left_by_upstream() -> tuple[Pipeline, World, World]:
    pipeline, dev, prod = rolling_out()
    dev.edit("v1.0.0")
    pipeline.run(10)
    assert prod.status.concluded is not None
    assert prod.status.concluded.reason == "UpstreamWentBack"
    return pipeline, dev, prod


def test_a_version_that_upstream_left_goes_on_if_a_person_retries_it() -> None:
    pipeline, _, prod = left_by_upstream()
    prod.order("retry", "v1.1.0")
    pipeline.run(200)
    assert pipeline.stable == ["v1.0.0", "v1.1.0"]


def test_a_version_that_upstream_left_goes_on_if_a_person_pins_it() -> None:
    pipeline, dev, prod = rolling_out()
    prod.edit("v1.1.0")
    dev.edit("v1.0.0")
    pipeline.run(200)
    assert pipeline.stable == ["v1.0.0", "v1.1.0"]


def test_a_retry_for_another_reason_is_stopped_all_the_same_when_upstream_goes_back() -> None:
    pipeline, dev, prod = proven_everywhere()
    prod.evidence["v1.1.0"] = BAD
    pipeline.release("v1.1.0")
    while prod.revisions.get("v1.1.0") is None or prod.status.concluded is None:
        pipeline.run(1)
    prod.evidence.clear()
    prod.order("retry", "v1.1.0")
    while not prod.weights.get("v1.1.0"):
        pipeline.run(1)
    dev.edit("v1.0.0")
    pipeline.run(10)
    assert prod.weights == {"v1.0.0": 100}
    assert prod.status.concluded is not None
    assert prod.status.concluded.reason == "UpstreamWentBack"


def test_what_upstream_left_and_takes_up_again_is_not_stopped_by_an_old_note() -> None:
    pipeline, dev, prod = left_by_upstream()
    prod.edit("v1.0.0")
    dev.edit("v1.1.0")
    pipeline.run(60)
    assert prod.route is not None
    assert prod.route.note is not None
    assert prod.route.note.stopped == "v1.1.0"
    prod.edit(None)
    pipeline.run(200)
    assert pipeline.stable == ["v1.1.0", "v1.1.0"]


def test_upstream_moving_on_does_not_stop_the_candidate() -> None:
    pipeline, _, prod = rolling_out()
    pipeline.release("v1.2.0")
    pipeline.run(600, step=5)
    assert pipeline.stable == ["v1.2.0", "v1.2.0"]
    assert prod.revisions["v1.1.0"].status.verdict is RevisionVerdict.PROVEN


def test_what_serves_here_is_not_taken_away_when_upstream_revokes_it_but_people_are_told() -> None:
    pipeline, dev, prod = proven_everywhere()
    prod.edit(None, notifications=[{"name": "ops", "kind": "webhook", "url": "https://ops.example.org"}])
    pipeline.release("v1.1.0", strategy={**dev.spec.strategy.model_dump(by_alias=True), "observationSeconds": 5000})
    pipeline.run(600, step=5)
    assert pipeline.stable == ["v1.1.0", "v1.1.0"]
    dev.evidence["v1.1.0"] = BAD
    pipeline.run(600, step=5)
    assert pipeline.stable == ["v1.0.0", "v1.1.0"]
    assert promotion_of(prod) == (PromotionState.REVOKED, "v1.1.0")
    assert "no longer holds v1.1.0 proven (Rejected" in message_of(prod)
    assert "set spec.version to go back" in message_of(prod)
    assert [event.reason for event in prod.events].count("UpstreamRevoked") == 1
    told = [notice for notice in prod.status.notices if notice.event is NoticeKind.UPSTREAM_REVOKED]
    assert [(notice.version, notice.message.partition(" (")[0]) for notice in told] == [
        ("v1.1.0", "dev/fill-mask no longer holds v1.1.0 proven")
    ]
    assert next(c.reason for c in prod.status.conditions if c.type == "Promotion") == "UpstreamRevoked"
    pipeline.release("v1.2.0")
    pipeline.run(600, step=5)
    assert pipeline.stable == ["v1.2.0", "v1.2.0"]


def test_the_first_version_is_stopped_as_long_as_it_has_no_traffic() -> None:
    pipeline = Pipeline.of(following())
    dev, prod = pipeline.stages
    pipeline.release("v1.0.0")
    prod.unready.add("v1.0.0")
    while prod.status.rollout is None:
        pipeline.run(1)
    dev.revisions["v1.0.0"] = replace(
        dev.revisions["v1.0.0"],
        status=dev.revisions["v1.0.0"].status.model_copy(update={"verdict": RevisionVerdict.REJECTED}),
    )
    pipeline.look(1)
    verdict = prod.reconcile(writes=0).revision_statuses["v1.0.0"]  # all that is written before the operator dies
    prod.revisions["v1.0.0"] = replace(prod.revisions["v1.0.0"], status=verdict)
    pipeline.cut_off.add(1)
    prod.unready.clear()
    pipeline.run(100)
    assert not prod.weights
    assert prod.revisions["v1.0.0"].status.verdict is RevisionVerdict.REJECTED


# With the gates of this release.

APPROVAL = [{"name": "approval", "kind": "approval", "approval": {}}]


def awaiting_approval() -> tuple[Pipeline, World, World]:
    pipeline, dev, prod = proven_everywhere()
    prod.edit(None, gates=APPROVAL)
    pipeline.release("v1.1.0")
    pipeline.run(400, step=5)
    assert prod.status.rollout is not None
    assert prod.workloads["v1.1.0"].ready_endpoints > 0
    assert prod.weights == {"v1.0.0": 100}
    return pipeline, dev, prod


def test_what_was_adopted_waits_for_the_approval_of_this_release_without_a_request() -> None:
    pipeline, _, prod = awaiting_approval()
    prod.approve("v1.1.0", gate="approval")
    pipeline.run(300, step=5)
    assert prod.status.stable == "v1.1.0"


def test_who_waits_for_an_approval_is_stopped_when_its_proof_is_revoked() -> None:
    pipeline, dev, prod = awaiting_approval()
    dev.revisions["v1.1.0"] = replace(
        dev.revisions["v1.1.0"],
        status=dev.revisions["v1.1.0"].status.model_copy(update={"verdict": RevisionVerdict.REJECTED}),
    )
    pipeline.run(5)
    assert prod.status.rollout is None
    prod.approve("v1.1.0", gate="approval")
    pipeline.run(300, step=5)
    assert prod.weights == {"v1.0.0": 100}
    assert prod.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED


def test_a_version_that_a_person_gave_a_share_is_told_of_when_upstream_revokes_it() -> None:
    pipeline, dev, prod = proven_everywhere()
    prod.edit(None, traffic=[{"version": "v1.0.0", "weight": 50}, {"version": "v1.1.0", "weight": 50}])
    pipeline.release("v1.1.0")
    pipeline.run(150, step=2)
    assert prod.weights == {"v1.0.0": 50, "v1.1.0": 50}
    dev.evidence["v1.1.0"] = BAD
    pipeline.run(60, step=2)
    assert prod.weights == {"v1.0.0": 50, "v1.1.0": 50}
    assert promotion_of(prod) == (PromotionState.REVOKED, "v1.1.0")
    assert "It stays here: take it out of spec.traffic" in message_of(prod)
    assert "does not any more" not in message_of(prod)
