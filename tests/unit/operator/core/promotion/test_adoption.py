"""Following another release: what is adopted, when, and what people pin."""

import pytest

from bertrelease_operator.api.promotion import PromotionState
from bertrelease_operator.api.status import ConditionStatus, Phase, RevisionVerdict
from bertrelease_operator.core.promotion.upstream import upstream_view
from tests.support.pipeline import (
    SOAK_SECONDS,
    Pipeline,
    contents_of,
    digest,
    following,
    image_of,
    message_of,
    promotion_of,
    proven_everywhere,
    rolling_out,
)
from tests.support.world import BAD


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


def test_the_soak_starts_anew_when_upstream_returns_to_a_version() -> None:
    pipeline, dev, _ = proven_everywhere()
    pipeline.release("v1.1.0")
    pipeline.run(300, step=5)
    dev.edit("v1.0.0")
    pipeline.run(5)
    since = upstream_view(dev.status, dev.revisions).versions["v1.0.0"].proven_since
    assert since is not None
    assert since > dev.now - 10
