"""Following another release: what would run here against what was proven there."""

from dataclasses import replace
from typing import Any

import pytest

from bertrelease_operator.api.promotion import PromotionState
from bertrelease_operator.api.status import ConditionStatus, Phase, RevisionVerdict
from bertrelease_operator.core.clock import to_epoch
from bertrelease_operator.core.promotion.proof import config_digest, digest_of
from bertrelease_operator.core.promotion.upstream import upstream_view
from tests.support.pipeline import (
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
from tests.support.world import World

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
