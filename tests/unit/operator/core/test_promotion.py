"""Following another release: what is adopted, when, and what stops it."""

from dataclasses import replace
from typing import Any

import pytest

from bertrelease_operator.api.notifications import NoticeKind
from bertrelease_operator.api.promotion import PromotionState
from bertrelease_operator.api.status import ConditionStatus, Phase, RevisionVerdict
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.promotion.proof import config_digest, digest_of
from bertrelease_operator.core.promotion.upstream import upstream_view
from tests.support.pipeline import (
    CUT_OFF,
    SOAK_SECONDS,
    Pipeline,
    contents_of,
    digest,
    following,
    image_of,
    proven_everywhere,
    rolling_out,
)
from tests.support.world import BAD, World


def promotion_of(stage: World) -> tuple[PromotionState, str | None]:
    assert stage.status.promotion is not None
    return stage.status.promotion.state, stage.status.promotion.version


def message_of(stage: World) -> str:
    assert stage.status.promotion is not None
    return stage.status.promotion.message


def test_nothing_runs_before_the_first_version_is_proven_upstream() -> None:
    pipeline = Pipeline.of(following())
    pipeline.run(5)
    prod = pipeline.stages[1]
    assert promotion_of(prod) == (PromotionState.WAITING, "v1.0.0")
    assert prod.status.phase is Phase.PENDING
    assert "not proven there" in prod.status.message
    assert not prod.revisions


def test_a_proven_version_is_adopted_after_its_soak_and_not_before() -> None:
    pipeline = Pipeline.of(following())
    dev, prod = pipeline.stages
    pipeline.release("v1.0.0")
    while not dev.revisions or dev.revisions["v1.0.0"].status.verdict is not RevisionVerdict.PROVEN:
        pipeline.run(1)
    proven_at = dev.now
    pipeline.run(SOAK_SECONDS - 2)
    assert promotion_of(prod) == (PromotionState.SOAKING, "v1.0.0")
    assert not prod.revisions
    decision = prod.reconcile()
    assert decision.requeue_at == pytest.approx(proven_at + SOAK_SECONDS, abs=2)
    pipeline.run(4)
    assert promotion_of(prod) == (PromotionState.FOLLOWING, "v1.0.0")
    assert prod.status.version == "v1.0.0"


def test_what_is_adopted_is_what_was_proven_in_this_environments_clothes() -> None:
    pipeline = Pipeline.of(
        following(image={"repository": "mirror.example.org/bert"}, resources={"limits": {"memory": "8Gi"}}, replicas=7)
    )
    pipeline.release("v1.0.0", config={"queueSize": 9, "extra": {"cache": "off"}})
    pipeline.run(400, step=5)
    record = pipeline.stages[1].revisions["v1.0.0"].spec
    assert record.image.reference("v1.0.0") == "mirror.example.org/bert:v1.0.0"
    assert record.model.name == "bert-v1.0.0"
    assert record.model.fingerprint == digest("model v1.0.0")
    assert record.config.queue_size == 9
    assert record.resources.limits == {"memory": "8Gi"}
    assert record.proof is not None
    assert record.proof.image_digest == digest("image v1.0.0")
    assert record.promoted_from == "dev/fill-mask"
    assert pipeline.stable == ["v1.0.0", "v1.0.0"]


def test_who_has_a_key_is_said_by_each_environment_for_itself() -> None:
    keys_there, keys_here = {"name": "dev-keys"}, {"name": "prod-keys"}
    pipeline = Pipeline.of(following(), following(config={"apiKeys": keys_here}))
    pipeline.release("v1.0.0", config={"queueSize": 9, "apiKeys": keys_there})
    pipeline.run(800, step=5)
    assert pipeline.stable == ["v1.0.0"] * 3
    without, with_keys = (stage.revisions["v1.0.0"].spec.config for stage in pipeline.stages[1:])
    assert without.api_keys is None, "a Secret of dev means nothing here"
    assert with_keys.api_keys is not None
    assert with_keys.api_keys.name == "prod-keys"
    assert with_keys.queue_size == 9


def test_an_own_spec_is_never_written() -> None:
    _, _, prod = proven_everywhere()
    assert prod.spec == following().spec


def test_the_condition_and_an_event_tell_of_the_adoption() -> None:
    _, _, prod = proven_everywhere()
    condition = next(condition for condition in prod.status.conditions if condition.type == "Promotion")
    assert (condition.status, condition.reason) == (ConditionStatus.TRUE, "Following")
    ready = next(condition for condition in prod.status.conditions if condition.type == "Ready")
    assert ready.status is ConditionStatus.TRUE
    assert [event.message for event in prod.events if event.reason == "Adopted"] == [
        "v1.0.0 is what dev/fill-mask has proven."
    ]


def test_a_version_that_upstream_rejects_goes_no_further() -> None:
    pipeline, dev, prod = proven_everywhere()
    dev.evidence["v1.1.0"] = BAD
    pipeline.release("v1.1.0")
    pipeline.run(600, step=5)
    assert dev.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED
    assert pipeline.stable == ["v1.0.0", "v1.0.0"]
    assert "v1.1.0" not in prod.revisions


def test_a_version_that_is_rejected_here_is_not_adopted_again() -> None:
    pipeline, _, prod = proven_everywhere()
    prod.evidence["v1.1.0"] = BAD
    pipeline.release("v1.1.0")
    pipeline.run(600, step=5)
    assert pipeline.stable == ["v1.1.0", "v1.0.0"]
    prod.evidence.clear()
    pipeline.run(600, step=5)
    assert pipeline.stable == ["v1.1.0", "v1.0.0"]
    assert prod.status.phase is Phase.ROLLED_BACK


def test_a_younger_version_waits_until_the_one_under_way_is_judged() -> None:
    pipeline, dev, prod = rolling_out()
    dev.edit("v1.2.0", model=contents_of("v1.2.0"), strategy={**dev.spec.strategy.model_dump(by_alias=True)})
    dev.image_ids["v1.2.0"] = prod.image_ids["v1.2.0"] = image_of("v1.2.0")
    prod.edit(None, paused=True)
    pipeline.run(200, step=5)
    assert dev.status.stable == "v1.2.0"
    assert prod.status.rollout is not None
    assert prod.status.rollout.version == "v1.1.0"
    assert promotion_of(prod) == (PromotionState.HELD, "v1.2.0")
    prod.edit(None, paused=False)
    pipeline.run(300, step=5)
    assert prod.status.stable == "v1.2.0"
    assert prod.revisions["v1.1.0"].status.verdict is RevisionVerdict.PROVEN


def test_a_paused_release_adopts_nothing() -> None:
    pipeline, _, prod = proven_everywhere()
    prod.edit(None, paused=True)
    pipeline.release("v1.1.0")
    pipeline.run(300, step=5)
    assert promotion_of(prod) == (PromotionState.HELD, "v1.1.0")
    assert "v1.1.0" not in prod.revisions


NO_ROUTER = "the cluster has no VirtualService"


@pytest.mark.parametrize("version", [None, "v1.1.0"])
def test_nothing_is_adopted_where_it_could_get_no_traffic(version: str | None) -> None:
    pipeline, dev, prod = proven_everywhere()
    prod.obstacle = NO_ROUTER
    pipeline.release("v1.1.0")
    while dev.status.stable != "v1.1.0":
        pipeline.run(1)
    prod.edit(version)
    pipeline.run(200)
    assert "v1.1.0" not in prod.revisions
    assert prod.status.phase is Phase.REFUSED
    assert prod.status.message == NO_ROUTER
    assert promotion_of(prod) == (PromotionState.HELD, "v1.1.0")
    assert message_of(prod) == f"v1.1.0 waits: {NO_ROUTER}."
    accepted = next(condition for condition in prod.status.conditions if condition.type == "SpecAccepted")
    assert (accepted.status, accepted.reason) == (ConditionStatus.FALSE, "Unavailable")
    prod.obstacle = ""
    pipeline.run(200)
    assert prod.status.stable == "v1.1.0"


def test_what_stands_in_the_way_of_new_versions_does_not_touch_the_one_that_serves() -> None:
    pipeline, _, prod = proven_everywhere()
    prod.obstacle = NO_ROUTER
    pipeline.run(10)
    assert (prod.status.version, prod.status.stable) == ("v1.0.0", "v1.0.0")
    assert promotion_of(prod) == (PromotionState.FOLLOWING, "v1.0.0")
    assert prod.status.message == NO_ROUTER


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


def test_an_upstream_that_cannot_be_read_changes_nothing_but_what_is_adopted() -> None:
    pipeline, _, prod = rolling_out()
    pipeline.cut_off.add(1)
    pipeline.release("v1.2.0")
    pipeline.run(300, step=5)
    assert pipeline.stable == ["v1.2.0", "v1.1.0"]
    assert promotion_of(prod) == (PromotionState.NO_DATA, None)
    assert "does not answer" in message_of(prod)
    pipeline.cut_off.clear()
    pipeline.run(300, step=5)
    assert pipeline.stable == ["v1.2.0", "v1.2.0"]


def test_before_upstream_is_read_for_the_first_time_the_status_stays_as_it_is() -> None:
    _, _, prod = proven_everywhere()
    prod.upstream = None
    before = prod.status
    prod.reconcile()
    assert prod.status == before


# A person's own version.


def test_a_pinned_version_is_gone_back_to_at_once_and_kept_until_it_is_unpinned() -> None:
    pipeline, _, prod = proven_everywhere()
    pipeline.release("v1.1.0")
    pipeline.run(600, step=5)
    assert prod.status.stable == "v1.1.0"
    prod.edit("v1.0.0")
    pipeline.run(10)
    assert prod.weights == {"v1.0.0": 100}
    assert promotion_of(prod) == (PromotionState.PINNED, "v1.0.0")
    pipeline.run(600, step=5)
    assert prod.weights == {"v1.0.0": 100}
    prod.edit(None)
    pipeline.run(10)
    assert prod.weights == {"v1.1.0": 100}


def test_going_back_by_a_pin_needs_no_upstream() -> None:
    pipeline, _, prod = proven_everywhere()
    pipeline.release("v1.1.0")
    pipeline.run(600, step=5)
    pipeline.cut_off.add(1)
    prod.edit("v1.0.0")
    pipeline.run(10)
    assert prod.weights == {"v1.0.0": 100}


def test_a_pin_does_not_get_around_the_proof() -> None:
    pipeline, _, prod = proven_everywhere()
    prod.edit("v9.0.0")
    pipeline.run(60)
    assert prod.status.phase is Phase.REFUSED
    assert prod.status.stable == "v1.0.0"
    assert "v9.0.0 is not proven in dev/fill-mask" in prod.status.message
    assert "v9.0.0" not in prod.revisions


def test_a_pin_may_take_what_upstream_proved_without_waiting_for_the_soak() -> None:
    pipeline, dev, prod = proven_everywhere()
    prod.edit(None, promotion={"from": {"name": "fill-mask"}, "soakSeconds": 86_400})
    pipeline.release("v1.1.0")
    while dev.status.stable != "v1.1.0":
        pipeline.run(1)
    pipeline.run(60)
    assert promotion_of(prod) == (PromotionState.SOAKING, "v1.1.0")
    prod.edit("v1.1.0")
    pipeline.run(100)
    assert prod.status.stable == "v1.1.0"
    assert prod.revisions["v1.1.0"].spec.proof is not None


# What would run here is not what was proven.


@pytest.mark.parametrize("pinned", [False, True])
def test_a_version_with_contents_that_this_operator_does_not_know_is_not_adopted(pinned: bool) -> None:
    pipeline, dev, prod = proven_everywhere()
    pipeline.release("v1.1.0")
    while dev.status.stable != "v1.1.0":
        pipeline.run(1)
    prod.upstream = upstream_view(dev.status, dev.revisions, {"v1.1.0"})
    if pinned:
        prod.edit("v1.1.0")
    prod.run(100)
    assert promotion_of(prod) == (PromotionState.REFUSED, "v1.1.0")
    assert "config or model fields in dev/fill-mask that this operator does not know" in message_of(prod)
    assert (prod.status.phase is Phase.REFUSED) is pinned
    assert prod.weights == {"v1.0.0": 100}
    assert "v1.1.0" not in prod.revisions


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"config": {"queueSize": 5}}, "spec.config.queueSize is 5 here, and was 1024"),
        ({"config": {"extra": {"cache": "off"}}}, "spec.config.extra.cache is off here, and was not set"),
        ({"model": {"name": "another"}}, "spec.model.name is another here, and was bert-v1.0.0"),
        ({"model": {"name": "bert-v1.0.0", "fingerprint": digest("x")}}, "spec.model.fingerprint is"),
        ({"model": {"name": "bert-v1.0.0", "tasks": ["translate"]}}, "spec.model.tasks is translate here, and was"),
        ({"image": {"repository": "localhost/bert", "tag": "v0.9.0"}}, "spec.image.tag is v0.9.0 here, and was v1.0.0"),
        ({"image": {"repository": "localhost/bert", "digest": digest("x")}}, "spec.image.digest is"),
        ({"config": {"extra": {"cache": "x" * 1024}}}, f"spec.config.extra.cache is {'x' * 99}… here"),
    ],
)
def test_a_declared_difference_is_refused_before_anything_starts(declared: dict[str, Any], says: str) -> None:
    pipeline = Pipeline.of(following(**declared))
    prod = pipeline.stages[1]
    pipeline.release("v1.0.0")
    pipeline.run(400, step=5)
    assert prod.status.phase is Phase.REFUSED
    assert says in prod.status.message
    assert next(c.status for c in prod.status.conditions if c.type == "SpecAccepted") is ConditionStatus.FALSE
    assert promotion_of(prod) == (PromotionState.REFUSED, "v1.0.0")
    assert not prod.revisions


def test_what_is_declared_as_it_was_proven_is_no_difference() -> None:
    contents: dict[str, Any] = {"model": contents_of("v1.0.0"), "config": {"queueSize": 7, "extra": {"cache": "off"}}}
    pipeline = Pipeline.of(following(image={"repository": "localhost/bert", "tag": "v1.0.0"}, **contents))
    pipeline.release("v1.0.0", **contents)
    pipeline.run(400, step=5)
    assert pipeline.stable == ["v1.0.0", "v1.0.0"]


def test_tasks_that_are_left_out_are_taken_as_they_were_proven() -> None:
    tasks = ["fill-mask", "semantic-similarity"]
    pipeline = Pipeline.of(following(model={"name": "bert-v1.0.0"}))
    pipeline.release("v1.0.0", model={**contents_of("v1.0.0"), "tasks": tasks})
    pipeline.run(400, step=5)
    assert pipeline.stable == ["v1.0.0", "v1.0.0"]
    assert [*pipeline.stages[1].revisions["v1.0.0"].spec.model.tasks] == tasks


def test_another_image_under_the_same_tag_never_gets_a_request() -> None:
    pipeline, _, prod = proven_everywhere()
    prod.image_ids["v1.1.0"] = image_of("something else")
    pipeline.release("v1.1.0")
    pipeline.run(600, step=5)
    assert prod.status.stable == "v1.0.0"
    assert all(set(weights) == {"v1.0.0"} for _, weights in prod.route_history)
    assert prod.status.concluded is not None
    assert prod.status.concluded.reason == "ProofMismatch"
    assert digest("image v1.1.0") in prod.status.concluded.message


def test_a_candidate_waits_without_traffic_until_its_pods_have_shown_their_image() -> None:
    pipeline, _, prod = proven_everywhere()
    prod.image_ids["v1.1.0"] = ""
    pipeline.release("v1.1.0")
    pipeline.run(150)
    assert prod.status.rollout is not None
    assert prod.weights == {"v1.0.0": 100}
    assert "have not shown the digest of their image" in prod.status.message
    prod.image_ids["v1.1.0"] = image_of("v1.1.0")
    pipeline.run(100)
    assert prod.status.stable == "v1.1.0"


def test_who_never_shows_an_image_is_stopped_in_time_and_lets_a_younger_version_by() -> None:
    pipeline, _, prod = proven_everywhere()
    prod.image_ids["v1.1.0"] = "localhost/bert:v1.1.0"
    pipeline.release("v1.1.0")
    while prod.status.rollout is None or prod.status.rollout.ready_since is None:
        pipeline.run(1)
    ready_since = to_epoch(prod.status.rollout.ready_since)
    limit_seconds = prod.spec.strategy.ready_deadline_seconds
    pipeline.run(limit_seconds - 2)
    assert prod.status.rollout is not None
    prod.now = ready_since + limit_seconds - 0.5
    assert prod.reconcile().requeue_at == ready_since + limit_seconds
    pipeline.run(3)
    assert prod.status.concluded is not None
    assert prod.status.concluded.reason == "ProofNotShown"
    assert prod.revisions["v1.1.0"].status.verdict is RevisionVerdict.UNPROVEN
    pipeline.release("v1.2.0")
    pipeline.run(300, step=5)
    assert pipeline.stable == ["v1.2.0", "v1.2.0"]


def test_a_pause_does_not_count_while_an_image_is_waited_for() -> None:
    pipeline, _, prod = proven_everywhere()
    prod.image_ids["v1.1.0"] = ""
    pipeline.release("v1.1.0")
    while prod.status.rollout is None or prod.status.rollout.ready_since is None:
        pipeline.run(1)
    prod.edit(None, paused=True)
    pipeline.run(500, step=5)
    prod.edit(None, paused=False)
    pipeline.run(50)
    assert prod.status.rollout is not None
    prod.image_ids["v1.1.0"] = image_of("v1.1.0")
    pipeline.run(100)
    assert prod.status.stable == "v1.1.0"


def test_one_pod_with_another_image_is_enough_to_stop_a_version_before_its_first_request() -> None:
    pipeline, _, prod = proven_everywhere()
    prod.image_ids["v1.1.0"] = f"{image_of('v1.1.0')} {image_of('something else')}"
    pipeline.release("v1.1.0")
    pipeline.run(600, step=5)
    assert all(set(weights) == {"v1.0.0"} for _, weights in prod.route_history)
    assert prod.status.concluded is not None
    assert prod.status.concluded.reason == "ProofMismatch"
    assert digest("image something else") in prod.status.concluded.message


def test_a_pod_with_another_image_that_comes_later_takes_the_version_back() -> None:
    pipeline, _, prod = rolling_out()
    prod.image_ids["v1.1.0"] = f"{image_of('v1.1.0')} {image_of('a tag that moved')}"
    pipeline.run(5)
    assert prod.weights == {"v1.0.0": 100}
    assert prod.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED


def test_pods_with_another_bundle_are_stopped() -> None:
    pipeline, _, prod = rolling_out()
    good = next(iter(prod.observation().evidence.values()))
    prod.evidence["v1.1.0"] = replace(good, fingerprints=frozenset({digest("another model")}))
    pipeline.run(5)
    assert prod.weights == {"v1.0.0": 100}
    assert prod.status.concluded is not None
    assert prod.status.concluded.reason == "ProofMismatch"


def test_after_the_right_image_was_provided_a_person_retries() -> None:
    pipeline, _, prod = proven_everywhere()
    prod.image_ids["v1.1.0"] = image_of("something else")
    pipeline.release("v1.1.0")
    pipeline.run(300, step=5)
    prod.image_ids["v1.1.0"] = image_of("v1.1.0")
    prod.start_pods()
    prod.order("retry", "v1.1.0")
    pipeline.run(200, step=5)
    assert prod.status.stable == "v1.1.0"


def test_a_version_of_the_same_name_that_ran_here_before_with_other_contents_is_refused() -> None:
    pipeline = Pipeline.of(World(following().spec.model_copy(update={"promotion": None, "version": "v1.0.0"})))
    prod = pipeline.stages[1]
    prod.edit("v1.0.0", model={"name": "mine", "fingerprint": digest("mine")})
    prod.image_ids["v1.0.0"] = image_of("v1.0.0")
    pipeline.release("v1.0.0")
    pipeline.run(300, step=5)
    prod.edit(None, promotion=following().spec.model_dump(by_alias=True, mode="json")["promotion"])
    pipeline.run(300, step=5)
    assert promotion_of(prod) == (PromotionState.REFUSED, "v1.0.0")
    assert "the model bundle and the config differ" in message_of(prod)
    assert prod.status.stable == "v1.0.0"


def test_contents_that_were_refused_while_following_are_refused_without_promotion_too() -> None:
    pipeline = Pipeline.of(following())
    prod = pipeline.stages[1]
    pipeline.release("v1.0.0", config={"queueSize": 9})
    pipeline.run(500, step=5)
    prod.edit(None, model={"name": "bert-v1.0.0"}, config={"queueSize": 5})
    pipeline.run(20)
    prod.edit("v1.0.0", promotion=None)
    prod.upstream = None
    prod.run(5)
    assert prod.status.phase is Phase.REFUSED
    assert "spec.config" in prod.status.message
    assert prod.weights == {"v1.0.0": 100}
    assert prod.revisions["v1.0.0"].spec.config.queue_size == 9


def test_who_no_longer_follows_keeps_what_serves_by_writing_it_down() -> None:
    _, _, prod = proven_everywhere()
    record = prod.revisions["v1.0.0"].spec.snapshot().model_dump(mode="json", by_alias=True)
    prod.edit("v1.0.0", promotion=None, **record)
    prod.upstream = None
    prod.run(5)
    assert prod.status.phase is Phase.HEALTHY
    assert prod.status.contents_version == "v1.0.0"


def test_upstream_without_a_known_digest_is_waited_for_and_told_what_to_do() -> None:
    pipeline = Pipeline.of(following())
    dev, prod = pipeline.stages
    dev.image_ids.clear()
    pipeline.run(400, step=5)
    assert promotion_of(prod) == (PromotionState.WAITING, "v1.0.0")
    assert "image digest or fingerprint is not known" in message_of(prod)


# Digests.


def test_the_config_digest_is_of_what_changes_answers_and_not_of_where_the_bundle_lies() -> None:
    dev = Pipeline.of(following()).stages[0]
    base = dev.spec.snapshot()
    elsewhere = base.model_copy(
        update={"model": base.model.model_copy(update={"fingerprint": None, "source": base.model.source})}
    )
    other = base.model_copy(update={"config": base.config.model_copy(update={"queue_size": 1})})
    assert config_digest(base) == config_digest(elsewhere)
    assert config_digest(base) != config_digest(other)


@pytest.mark.parametrize(
    ("image_id", "expected"),
    [
        (f"registry.example.org/bert@{digest('a')}", digest("a")),
        (digest("a"), digest("a")),
        (f"localhost/bert@{digest('a')}, mirror/bert@{digest('a')}", digest("a")),
        (f"localhost/bert@{digest('a')}, localhost/bert@{digest('b')}", None),
        ("registry.example.org/bert:v1", None),
        (None, None),
    ],
)
def test_the_digest_of_an_image_is_found_as_every_kubelet_writes_it(image_id: str | None, expected: str | None) -> None:
    assert digest_of(image_id) == expected


def test_the_soak_starts_anew_when_upstream_returns_to_a_version() -> None:
    pipeline, dev, _ = proven_everywhere()
    pipeline.release("v1.1.0")
    pipeline.run(300, step=5)
    dev.edit("v1.0.0")
    pipeline.run(5)
    since = upstream_view(dev.status, dev.revisions).versions["v1.0.0"].proven_since
    assert since is not None
    assert since > dev.now - 10


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
