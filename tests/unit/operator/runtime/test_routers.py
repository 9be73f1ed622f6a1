"""A release by the router gatewayAPI, in clusters with and without it."""

from typing import Any, Final

import pytest

from bertrelease_operator.adapters.errors import UnreachableError
from bertrelease_operator.adapters.resources import HTTP_ROUTE, OPTIONAL, WATCHED, ResourceType
from bertrelease_operator.api.network import Network
from bertrelease_operator.core.observation import RouteNote
from bertrelease_operator.render.metadata import Owner
from bertrelease_operator.render.routing import render_route
from bertrelease_operator.runtime import kinds
from bertrelease_operator.runtime.kinds import Kinds, NewKindError
from tests.unit.operator.runtime.fake_cluster import FakeCluster
from tests.unit.operator.runtime.scene import BAD, KEY, NAMESPACE, RELEASE, Scene, serving

BY_GATEWAY_API: Final[dict[str, Any]] = {"router": "gatewayAPI"}


def test_all_of_it_is_one_http_route_and_nothing_of_istios_routing() -> None:
    scene = serving("v1.0.0", "v1.1.0", network=BY_GATEWAY_API)
    assert scene.status()["stable"] == "v1.1.0"
    assert ("HTTPRoute", *KEY) in scene.cluster.objects
    assert {key[0] for key in scene.cluster.objects}.isdisjoint({"VirtualService", "DestinationRule"})
    assert {"v1.0.0": 50, "v1.1.0": 50} in scene.routes


async def test_going_back_is_one_write_of_the_http_route_before_anything_else() -> None:
    scene = Scene(spec={"network": BY_GATEWAY_API})
    scene.release("v1.0.0")
    await scene.run(100)
    scene.release("v1.1.0")
    await scene.run(8)
    assert scene.weights() == {"v1.0.0": 50, "v1.1.0": 50}
    scene.evidence["v1.1.0"] = BAD
    before = len(scene.cluster.writes())
    await scene.settle()
    assert scene.cluster.writes()[before] == ("apply", "HTTPRoute")
    assert scene.weights() == {"v1.0.0": 100}
    assert scene.verdict("v1.1.0") == "Rejected"


async def test_weights_that_somebody_changed_are_put_right() -> None:
    scene = Scene(spec={"network": BY_GATEWAY_API})
    scene.release("v1.0.0")
    await scene.run(100)
    route = scene.object("HTTPRoute", RELEASE)
    rules = [{**route["spec"]["rules"][0], "backendRefs": []}]
    scene.cluster.seed({**route, "spec": {**route["spec"], "rules": rules}})
    await scene.settle()
    assert scene.weights() == {"v1.0.0": 100}


async def test_where_the_cluster_has_no_gateway_api_nothing_begins_and_the_status_says_why() -> None:
    scene = Scene(FakeCluster(absent=frozenset({"HTTPRoute"})))
    scene.release("v1.0.0", network=BY_GATEWAY_API)
    await scene.settle()
    status = scene.status()
    assert status["phase"] == "Refused"
    (accepted,) = (one for one in status["conditions"] if one["type"] == "SpecAccepted")
    assert (accepted["status"], accepted["reason"]) == ("False", "Unavailable")
    assert accepted["message"].startswith("spec.network.router is gatewayAPI, and the cluster has no HTTPRoute")
    assert "Deployment" not in {key[0] for key in scene.cluster.objects}

    scene.cluster.absent = frozenset()
    scene.restart()
    await scene.run(100)
    assert scene.weights() == {"v1.0.0": 100}


async def test_a_release_by_istio_does_not_need_the_gateway_api() -> None:
    scene = Scene(FakeCluster(absent=frozenset({"HTTPRoute"})))
    scene.release("v1.0.0")
    await scene.run(100)
    assert scene.weights() == {"v1.0.0": 100}


async def test_the_route_of_another_router_is_no_route() -> None:
    scene = Scene(spec={"network": BY_GATEWAY_API})
    scene.release("v1.0.0")
    stray = render_route(Owner("BertRelease", RELEASE, NAMESPACE, "1"), {"v9.0.0": 100}, RouteNote(1.0), Network())
    scene.cluster.seed(stray)
    await scene.run(100)
    assert scene.status()["weights"]["applied"] == {"v1.0.0": 100}


async def test_what_the_cluster_has_is_watched_beside_what_every_cluster_has() -> None:
    with_it, without = Kinds(FakeCluster()), Kinds(FakeCluster(absent=frozenset({"HTTPRoute"})))
    await with_it.find()
    await without.find()
    assert with_it.watched == (*WATCHED, *OPTIONAL)
    assert set(without.watched) == {*WATCHED, *OPTIONAL} - {HTTP_ROUTE}
    assert without.absent == {"HTTPRoute"}
    assert not with_it.absent
    await with_it.run()  # nothing to wait for


async def test_a_kind_that_is_installed_later_ends_the_operator_so_that_it_starts_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kinds, "_LOOK_SECONDS", 0)
    cluster = _Growing(failures=2)
    found = Kinds(cluster)
    with pytest.raises(NewKindError, match="HTTPRoute, ScaledObject can be used now"):
        await found.run()
    assert cluster.asked == 2 + len(OPTIONAL)


class _Growing(FakeCluster):
    """Does not answer `failures` times, and has everything afterwards."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures, self.asked = failures, 0

    async def serves(self, resource: ResourceType) -> bool:
        self.asked += 1
        if self.asked <= self.failures:
            raise UnreachableError("no")
        return await super().serves(resource)


async def test_an_api_server_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_RETRY_SECONDS", 0)
    found = Kinds(_Growing(failures=3))
    await found.find()
    assert HTTP_ROUTE in found.watched
