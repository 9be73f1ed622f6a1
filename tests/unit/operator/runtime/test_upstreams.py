"""Who follows whom, what followers get to see, and when they are woken."""

import asyncio
import copy
from typing import Any

import pytest

from bertrelease_operator.api.promotion import Upstream
from bertrelease_operator.core.promotion.view import UpstreamView
from bertrelease_operator.runtime.remote_upstreams import RemoteUpstreams
from bertrelease_operator.runtime.store import Store
from bertrelease_operator.runtime.upstreams import Upstreams
from tests.unit.operator.runtime.fake_cluster import FakeCluster
from tests.unit.operator.runtime.scene import KEY, Scene, serving

FOLLOWER = ("prod", "bert")


class Setting:
    """A follower of `default/bert`, and what its upstream has stored."""

    def __init__(self, scene: Scene, namespaces: tuple[str, ...] = ()) -> None:
        self.store = Store()
        self.woken: list[tuple[str, str]] = []
        cluster = FakeCluster()
        self.upstreams = Upstreams(
            self.store, RemoteUpstreams(cluster, self.woken.append), self.woken.append, namespaces
        )
        self.store.listener = self.upstreams.heard
        self.version = 10_000
        self.objects = {key: copy.deepcopy(obj) for key, obj in scene.cluster.objects.items()}
        for obj in self.objects.values():
            self.put(obj)

    def put(self, obj: dict[str, Any]) -> None:
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        self.store.put(obj)

    def allow(self, *namespaces: str) -> None:
        release = self.objects["BertRelease", *KEY]
        release["spec"]["promotion"] = {"allowedNamespaces": [*namespaces]}
        self.put(release)

    def seen(self, follower: tuple[str, str] = FOLLOWER, **upstream: Any) -> UpstreamView:
        view = self.upstreams.view(follower, Upstream(**{"name": "bert", "namespace": "default", **upstream}))
        assert view is not None
        return view


@pytest.fixture(scope="module")
def scene() -> Scene:
    return serving("v1.0.0")


def test_a_release_in_the_same_namespace_is_seen_with_its_proof(scene: Scene) -> None:
    view = Setting(scene).seen(("default", "another"), namespace=None)
    assert view.problem == ""
    assert view.stable == "v1.0.0"
    assert view.versions["v1.0.0"].proven_since is not None
    assert view.versions["v1.0.0"].proof is None  # these pods show no image


def test_another_namespace_is_seen_only_if_the_upstream_release_says_so(scene: Scene) -> None:
    setting = Setting(scene)
    denied = setting.seen()
    assert denied.problem == (
        "there is no BertRelease default/bert that lists prod in spec.promotion.allowedNamespaces"
    )
    assert denied.stable is None
    assert setting.seen(name="nothing").problem == denied.problem.replace("default/bert", "default/nothing")
    setting.allow("staging", "prod")
    assert setting.seen().stable == "v1.0.0"
    setting.allow("staging")
    assert setting.seen().problem == denied.problem


def test_nobody_follows_itself_or_a_namespace_that_is_not_watched(scene: Scene) -> None:
    assert Setting(scene).seen(KEY).problem == "default/bert cannot follow itself"
    elsewhere = Setting(scene, namespaces=("prod",)).seen()
    assert elsewhere.problem == "this operator does not look after namespace default"


def test_an_upstream_that_cannot_be_read_is_a_problem_and_no_fault(scene: Scene) -> None:
    setting = Setting(scene)
    setting.allow("prod")
    setting.objects["BertRelease", *KEY]["status"]["stable"] = 7
    setting.put(setting.objects["BertRelease", *KEY])
    assert "BertRelease default/bert: status.stable" in setting.seen().problem


def test_a_follower_is_woken_by_what_can_change_its_mind_and_by_nothing_else(scene: Scene) -> None:
    setting = Setting(scene)
    setting.seen()
    setting.allow("prod")
    revision = setting.objects["BertRevision", "default", "bert-v1-0-0"]
    revision["status"]["verdict"] = "Rejected"
    setting.put(revision)
    assert setting.woken == [FOLLOWER, FOLLOWER]
    setting.put(revision)  # nothing new
    service = setting.objects["Service", "default", "bert"]
    service["spec"]["type"] = "NodePort"
    setting.put(service)
    assert setting.woken == [FOLLOWER, FOLLOWER]


def test_a_follower_is_woken_when_its_upstream_is_deleted(scene: Scene) -> None:
    setting = Setting(scene)
    setting.seen()
    setting.store.remove(("BertRelease", *KEY), setting.version + 1)
    assert setting.woken == [FOLLOWER]


@pytest.mark.parametrize("end", ["forgotten", "unfollowed", "followed elsewhere"])
def test_who_does_not_follow_any_more_is_left_alone(scene: Scene, end: str) -> None:
    setting = Setting(scene)
    setting.seen()
    match end:
        case "forgotten":
            setting.upstreams.forget(FOLLOWER)
        case "unfollowed":
            assert setting.upstreams.view(FOLLOWER, None) is None
        case _:
            setting.seen(name="another")
    setting.allow("prod")
    assert setting.woken == []


def test_a_pass_sees_what_is_followed_and_adopts_it_only_with_a_proof() -> None:
    scene = Scene()
    scene.release("v1.0.0")
    scene.cluster.seed(
        {
            "apiVersion": "bertrelease.io/v1alpha1",
            "kind": "BertRelease",
            "metadata": {"name": "follower", "namespace": "default", "generation": 1},
            "spec": {"image": {"repository": "localhost/bert"}, "promotion": {"from": {"name": "bert"}}},
        }
    )

    async def both() -> None:
        await scene.run(100)
        await scene.reconciler.reconcile(("default", "follower"))

    asyncio.run(both())
    status = scene.object("BertRelease", "follower")["status"]
    assert status["promotion"]["state"] == "Waiting"
    assert "image digest or fingerprint is not known" in status["promotion"]["message"]
    assert status["phase"] == "Pending"
