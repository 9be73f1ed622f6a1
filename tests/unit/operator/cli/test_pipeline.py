"""`kubectl bert pipeline`: all stages of a release, whatever namespace they are in."""

import json
from typing import Any

import yaml

from bertrelease_operator.cli.errors import ForbiddenError
from tests.unit.operator.cli.builders import ANALYZING, HEALTHY, ago, manifest
from tests.unit.operator.cli.conftest import Plugin
from tests.unit.operator.cli.fake_cluster import FakeCluster


def promotion(state: str, version: str, message: str, source: str) -> dict[str, Any]:
    return {"from": source, "state": state, "version": version, "since": ago(60), "message": message}


def stage(namespace: str, follows: str | None, status: dict[str, Any], **upstream: Any) -> dict[str, Any]:
    promoted = {"from": {"name": "fill-mask", "namespace": follows, **upstream}}
    spec: dict[str, Any] = {"promotion": promoted} if follows else {}
    found = manifest(status, namespace=namespace, **spec)
    if follows:
        del found["spec"]["version"], found["spec"]["model"]
    return found


SOAKING = promotion(
    "Soaking", "v1.1.0", "v1.1.0 is proven in dev/fill-mask and soaks there until 13:00.", "dev/fill-mask"
)
FOLLOWING = promotion("Following", "v1.0.0", "v1.0.0 is what test/fill-mask has proven.", "test/fill-mask")
DEV = stage("dev", None, HEALTHY)
TEST = stage("test", "dev", {**HEALTHY, "stable": "v1.0.0", "version": "v1.0.0", "promotion": SOAKING})
PROD = stage("shop", "test", {**ANALYZING, "promotion": FOLLOWING})
ALONE = manifest(HEALTHY, name="alone")


def cluster() -> FakeCluster:
    return FakeCluster(PROD, DEV, ALONE, TEST)


def test_all_stages_are_shown_in_order_with_what_they_wait_for(plugin: Plugin) -> None:
    shown = plugin(cluster(), "pipeline", "fill-mask")
    assert shown.code == 0
    assert shown.out == (
        """\
STAGE               SERVING  ON ITS WAY   PHASE      PROMOTION
dev/fill-mask       v1.1.0   –            Healthy    –
└ test/fill-mask    v1.0.0   –            Healthy    Soaking
  └ shop/fill-mask  v1.0.0   v1.1.0 10 %  Analyzing  Following

test/fill-mask v1.1.0 is proven in dev/fill-mask and soaks there until 13:00.
shop/fill-mask Judging v1.1.0 at 10 % (step 1 of 3): Inconclusive.
"""
    )


def test_from_the_middle_it_looks_both_ways(plugin: Plugin) -> None:
    whole = plugin(cluster(), "pipeline", "fill-mask").out
    assert plugin(cluster(), "pipeline", "brel/fill-mask", "-n", "test").out == whole
    assert plugin(cluster(), "pipeline").out == whole


def test_documents_say_the_same(plugin: Plugin) -> None:
    found = json.loads(plugin(cluster(), "pipeline", "-o", "json").out)
    assert [item["stage"] for item in found["items"]] == ["dev/fill-mask", "test/fill-mask", "shop/fill-mask"]
    assert found["items"][1]["follows"] == "dev/fill-mask"
    assert found["items"][2]["candidateWeight"] == 10
    assert yaml.safe_load(plugin(cluster(), "pipeline", "-o", "yaml").out) == found


def test_who_may_not_see_all_namespaces_sees_the_stages_before(plugin: Plugin) -> None:
    class Narrow(FakeCluster):
        def releases(self, namespace: str | None) -> list[Any]:
            if namespace is None:
                raise ForbiddenError("you may not list all")
            return super().releases(namespace)

    shown = plugin(Narrow(PROD, DEV, TEST), "pipeline", "fill-mask")
    assert shown.out == plugin(cluster(), "pipeline", "fill-mask").out


def test_of_another_cluster_the_version_is_known_that_it_offers(plugin: Plugin) -> None:
    there = "staging/fill-mask in the cluster of Secret reader"
    status = {**HEALTHY, "promotion": promotion("Following", "v1.1.0", "v1.1.0 is what it has proven.", there)}
    prod = stage("shop", "staging", status, kubeconfigSecretRef={"name": "reader"})
    lines = plugin(FakeCluster(prod), "pipeline").out.splitlines()
    assert lines[1].startswith("staging/fill-mask in the cluster")
    assert "v1.1.0" in lines[1]
    assert "not seen from here" in lines[1]
    assert lines[-1].startswith("└ shop/fill-mask")


def test_a_circle_is_shown_once(plugin: Plugin) -> None:
    circle = FakeCluster(stage("shop", "dev", HEALTHY), stage("dev", "shop", HEALTHY))
    lines = plugin(circle, "pipeline", "fill-mask").out.splitlines()
    assert len([line for line in lines if "/fill-mask" in line and "Healthy" in line]) == 2


def test_a_release_that_stands_alone_is_no_pipeline(plugin: Plugin) -> None:
    assert plugin(cluster(), "pipeline", "alone").out == (
        "alone neither follows another release nor is followed (spec.promotion.from).\n"
    )
    assert plugin(FakeCluster(ALONE), "pipeline").out == (
        "No release of namespace shop follows another one or is followed (spec.promotion.from).\n"
    )
