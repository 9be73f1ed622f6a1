"""What is recorded of what ran, and with it proven to those that follow."""

from bertrelease_operator.api.status import RevisionVerdict
from bertrelease_operator.core.promotion.upstream import upstream_view
from tests.support.pipeline import Pipeline, digest, following, image_of
from tests.support.world import World


def image_proven(stage: World, version: str) -> str | None:
    proof = upstream_view(stage.status, stage.revisions).versions[version].proof
    return proof.image_digest if proof is not None else None


def three_stages() -> tuple[Pipeline, World, World, World]:
    """v1.0.0 is proven in dev, staging and prod."""
    pipeline = Pipeline.of(following("dev"), following("staging"))
    pipeline.release("v1.0.0")
    pipeline.run(1500, step=5)
    dev, staging, prod = pipeline.stages
    assert pipeline.stable == ["v1.0.0"] * 3
    return pipeline, dev, staging, prod


def retried_with_the_right_image(pipeline: Pipeline, stage: World) -> None:
    """Another image had v1.1.0's tag there, until a person put the right one there."""
    stage.image_ids["v1.1.0"] = image_of("wrong")
    pipeline.release("v1.1.0")
    pipeline.run(300, step=5)
    assert stage.revisions["v1.1.0"].status.reason == "ProofMismatch"
    stage.image_ids["v1.1.0"] = image_of("v1.1.0")
    stage.start_pods()
    stage.order("retry", "v1.1.0")


def test_a_retry_with_the_right_image_is_proven_with_it_and_goes_on_to_the_next_stage() -> None:
    pipeline, _, staging, _ = three_stages()
    retried_with_the_right_image(pipeline, staging)
    pipeline.run(900, step=5)
    assert image_proven(staging, "v1.1.0") == digest("image v1.1.0")
    assert pipeline.stable == ["v1.1.0"] * 3


def test_an_image_that_one_stage_rejected_is_rejected_by_the_next_one_too() -> None:
    pipeline, _, staging, prod = three_stages()
    prod.image_ids["v1.1.0"] = image_of("wrong")
    retried_with_the_right_image(pipeline, staging)
    pipeline.run(900, step=5)
    assert pipeline.stable == ["v1.1.0", "v1.1.0", "v1.0.0"]
    assert prod.revisions["v1.1.0"].status.verdict is RevisionVerdict.REJECTED


def test_a_retry_has_shown_nothing_yet() -> None:
    pipeline, _, staging, _ = three_stages()
    retried_with_the_right_image(pipeline, staging)
    staging.workloads.clear()
    staging.reconcile()
    status = staging.revisions["v1.1.0"].status
    assert status.reason == "Retried"
    assert (status.image_id, status.fingerprint) == (None, None)


def test_a_version_that_is_started_again_has_shown_nothing_yet() -> None:
    pipeline, dev, _, _ = three_stages()
    pipeline.release("v1.1.0")
    pipeline.run(10)
    pipeline.release("v1.2.0")
    pipeline.run(10)
    assert dev.revisions["v1.1.0"].status.verdict is RevisionVerdict.SUPERSEDED
    assert dev.revisions["v1.1.0"].status.image_id is not None
    dev.workloads.pop("v1.1.0")
    pipeline.release("v1.1.0")
    dev.reconcile()
    assert dev.revisions["v1.1.0"].status.image_id is None


def test_pods_with_different_images_prove_none_of_them() -> None:
    pipeline, dev, staging, _ = three_stages()
    dev.image_ids["v1.1.0"] = f"{image_of('a')} {image_of('b')}"
    pipeline.release("v1.1.0")
    pipeline.run(600, step=5)
    assert dev.status.stable == "v1.1.0"
    assert dev.revisions["v1.1.0"].status.image_id == ", ".join(sorted([image_of("a"), image_of("b")]))
    assert staging.status.stable == "v1.0.0"
    assert staging.status.promotion is not None
    assert "its image digest or fingerprint is not known there" in staging.status.promotion.message
    dev.image_ids["v1.1.0"] = image_of("b")
    pipeline.run(600, step=5)
    assert image_proven(dev, "v1.1.0") is None, "what served may have been either"
