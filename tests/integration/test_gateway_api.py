"""The router gatewayAPI against a real API server, without and with the CRDs of the Kubernetes Gateway API."""

from pathlib import Path
from typing import Any, Final

from bertrelease_operator.adapters.connection import connect
from bertrelease_operator.adapters.http_cluster import HttpCluster
from bertrelease_operator.adapters.resources import HTTP_ROUTE, VIRTUAL_SERVICE
from bertrelease_operator.api.names import child_name
from bertrelease_operator.api.network import Network
from bertrelease_operator.api.strategies import RequestMatch
from bertrelease_operator.core.observation import RouteNote
from bertrelease_operator.core.steering import Matching, Mirroring, Steering
from bertrelease_operator.render.drift import differs
from bertrelease_operator.render.http_route import parse_http_route, render_http_route
from bertrelease_operator.render.metadata import Owner
from devcluster import Cluster
from tests.integration.operator_process import eventually, running_operator
from tests.integration.releases import RELEASE, Releases

OLD, NEW = child_name(RELEASE, "v1.0.0"), child_name(RELEASE, "v1.1.0")
BY_GATEWAY_API: Final = {"router": "gatewayAPI", "gateways": ["istio-system/public"]}
SPEC: Final = {"network": BY_GATEWAY_API}
STEERING: Final = Steering(
    mirroring=Mirroring(version="v1.1.0", percent=30),
    matching=Matching(version="v1.1.0", rules=(RequestMatch(headers={"x-tester": "yes"}),)),
)


def weights(releases: Releases) -> dict[str, int]:
    """Of the HTTPRoute, by Service."""
    rules = releases.get("httproute", RELEASE).get("spec", {}).get("rules", [{}])
    return {backend["name"]: backend["weight"] for backend in rules[-1].get("backendRefs", [])}


def condition(releases: Releases, kind: str) -> dict[str, Any]:
    return next((one for one in releases.status().get("conditions", []) if one["type"] == kind), {})


def test_a_release_waits_for_the_gateway_api_and_goes_through_its_whole_life_on_it(
    api_server: Cluster, releases: Releases, namespace: str, tmp_path: Path
) -> None:
    with running_operator(api_server, namespace, tmp_path) as operator:
        releases.release("v1.0.0", more=SPEC)
        eventually(lambda: condition(releases, "SpecAccepted").get("reason") == "Unavailable", "the refusal")
        assert "the cluster has no HTTPRoute" in releases.status()["message"]
        assert not releases.get("deployment", OLD)
        api_server.install_gateway_api()
        eventually(lambda: not operator.is_running, "the operator ends, to watch the new kind", 60)

    with running_operator(api_server, namespace, tmp_path):
        eventually(lambda: releases.settled_on("v1.0.0"), "v1.0.0 is healthy")
        assert weights(releases) == {OLD: 100}
        assert not releases.get("virtualservice", RELEASE)
        releases.release("v1.1.0", more=SPEC)
        eventually(lambda: weights(releases) == {OLD: 50, NEW: 50}, "half of it goes to v1.1.0", 60)
        eventually(lambda: releases.settled_on("v1.1.0"), "v1.1.0 is healthy", 60)
        releases.kubectl("delete", "httproute", RELEASE)
        eventually(lambda: weights(releases) == {NEW: 100}, "a route that was deleted is there again")
        releases.release("v1.2.0", more=SPEC, error_share=0.2)
        eventually(lambda: releases.phase() == "RolledBack", "v1.2.0 is rejected", 60)
        assert weights(releases) == {NEW: 100}


async def test_what_is_stored_is_what_was_rendered_and_applying_it_again_writes_nothing(
    api_server: Cluster, releases: Releases, namespace: str
) -> None:
    api_server.install_gateway_api()
    releases.release("v1.0.0", more=SPEC)
    release = Owner("BertRelease", RELEASE, namespace, releases.get("bertrelease", RELEASE)["metadata"]["uid"])
    network = Network.model_validate({**BY_GATEWAY_API, "hosts": ["bert.example.org"], "timeoutSeconds": 1.5})
    note = RouteNote(1_700_000_000.0, "Step", "第一步", steering=STEERING)
    route = render_http_route(release, {"v1.0.0": 70, "v1.1.0": 30}, note, network)
    async with HttpCluster(await connect(api_server.kubeconfig)) as api:
        assert await api.serves(HTTP_ROUTE)
        assert await api.serves(VIRTUAL_SERVICE)
        first = await api.apply(route)
        assert differs(route, first) is None
        assert (await api.apply(route))["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
        view = parse_http_route(first)
    assert (view.weights, view.note) == ({"v1.0.0": 70, "v1.1.0": 30}, note)
