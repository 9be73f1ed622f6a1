"""What is rendered, applied to a real API server: stored as it is, repaired when changed, and nobody else's touched."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.connection import connect
from bertrelease_operator.adapters.errors import InvalidError
from bertrelease_operator.adapters.http_cluster import HttpCluster
from bertrelease_operator.adapters.resources import RELEASE, resource_of
from bertrelease_operator.api.autoscaling import Autoscaling, ScalingBehavior
from bertrelease_operator.api.names import GROUP_VERSION, RELEASE_KIND
from bertrelease_operator.api.network import Network
from bertrelease_operator.api.release import BertReleaseSpec
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.strategies import CookieMatch, RequestMatch
from bertrelease_operator.core.decision import ReplicaRange
from bertrelease_operator.core.observation import RouteNote
from bertrelease_operator.core.steering import Matching, Mirroring, Steering, Stickiness
from bertrelease_operator.render.autoscalers import render_autoscaler
from bertrelease_operator.render.children import render_version
from bertrelease_operator.render.drift import differs
from bertrelease_operator.render.metadata import KubeObject, Owner
from bertrelease_operator.render.policies import POLICY_KINDS, render_policies
from bertrelease_operator.render.revision import render_revision
from bertrelease_operator.render.routing import parse_route, render_destination_rule, render_route
from bertrelease_operator.render.service import render_preview_service, render_root_service
from devcluster import Cluster as DevCluster
from devcluster import CommandError
from tests.integration.changes_by_hand import CHANGES, CHILD, NAME
from tests.unit.operator.api.cases import MINIMAL, changed
from tests.unit.operator.render.samples import EVERYTHING

NETWORK = Network(port=8000, hosts=["bert.example.org"], gateways=["istio-system/public"])
POLICIES = Network.model_validate(
    {
        "mtls": "STRICT",
        "callers": [{"namespace": "web", "serviceAccount": "frontend"}, {"namespace": "batch"}],
        "jwt": {"issuer": "ci", "jwksUri": "https://login.example.org/keys", "audiences": ["bert"]},
        "telemetry": {"accessLogs": True, "tracingSamplingPercent": 0},
        "rateLimit": {"requestsPerSecond": 10, "burst": 20},
    }
)
AUTOSCALING = Autoscaling.model_validate(
    {
        "maxReplicas": 8,
        "cpuUtilizationPercent": 60,
        "podMetric": {"name": "bert_queue_jobs", "averageValue": "16000m"},
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}},
    }
)
WEIGHTS = {"v0.9.0": 90, "v1.0.0": 10}
# Controllers write these objects' statuses, and with them new resourceVersions, at any time.
WITH_STATUS = {"Deployment", "PodDisruptionBudget", "HorizontalPodAutoscaler"}
STEERING = Steering(
    matching=Matching(
        version="v1.0.0",
        rules=(RequestMatch(headers={"x-tester": "yes"}, cookie=CookieMatch(name="group", value="b")),),
    ),
    mirroring=Mirroring(version="v1.0.0", percent=5),
    stickiness=Stickiness(version="v1.0.0", attempt=1, step=1, catch_up_percent=5, max_age_seconds=60),
)
NOTE = RouteNote(1_700_000_000.25, "Step", "第二步", rejected="v0.8.0", attempt=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace with one BertRelease in it."""

    server: DevCluster
    api: Cluster
    namespace: str

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        return self.server.kubectl(f"--namespace={self.namespace}", *arguments, stdin=stdin)

    def patch(self, kind: str, name: str, change: Any, kind_of_patch: str = "merge") -> None:
        """As somebody else."""
        self.kubectl("patch", kind, name, f"--type={kind_of_patch}", f"--patch={json.dumps(change)}")

    async def rendered(self, spec: dict[str, Any]) -> list[KubeObject]:
        """All that a release of `spec` consists of. Owners are real: what has none is garbage to the cluster."""
        manifest = {"apiVersion": GROUP_VERSION, "kind": RELEASE_KIND, "metadata": {"name": NAME}, "spec": spec}
        self.kubectl("apply", "--filename=-", stdin=json.dumps(manifest))
        release = _owner(await self.api.get(RELEASE, self.namespace, NAME))
        record = BertRevisionSpec.of(NAME, BertReleaseSpec.model_validate(spec))
        revision = render_revision(release, record)
        revision_owner = _owner(await self.api.apply(revision))
        return [
            revision,
            render_autoscaler(record, AUTOSCALING, ReplicaRange(2, 8), revision_owner),
            *render_version(record, 2, revision_owner, NETWORK),
            render_root_service(release, record.version, NETWORK),
            render_preview_service(release, record.version, NETWORK),
            render_route(release, WEIGHTS, NOTE, NETWORK),
        ]

    async def applied(self, kind: str, name: str) -> KubeObject:
        """All of a minimal release is applied; returns the one as rendered."""
        rendered = await self.rendered(MINIMAL)
        for obj in rendered:
            await self.api.apply(obj)
        (one,) = (obj for obj in rendered if (obj["kind"], obj["metadata"]["name"]) == (kind, name))
        return one

    async def stored(self, obj: KubeObject) -> KubeObject:
        return await self.api.get(resource_of(obj), self.namespace, obj["metadata"]["name"])


def _owner(obj: KubeObject) -> Owner:
    metadata = obj["metadata"]
    return Owner(obj["kind"], metadata["name"], metadata["namespace"], metadata["uid"])


@pytest_asyncio.fixture
async def place(api_server: DevCluster, namespace: str) -> AsyncIterator[Place]:
    async with HttpCluster(await connect(api_server.kubeconfig)) as api:
        yield Place(api_server, api, namespace)


@pytest.mark.parametrize("spec", [MINIMAL, changed(MINIMAL, EVERYTHING)], ids=["minimal", "everything"])
async def test_what_is_stored_is_what_was_rendered_and_applying_it_again_writes_nothing(
    place: Place, spec: dict[str, Any]
) -> None:
    for obj in await place.rendered(spec):
        first = await place.api.apply(obj)
        assert differs(obj, first) is None, obj["kind"]
        assert differs(obj, await place.stored(obj)) is None, obj["kind"]
        again = await place.api.apply(obj)
        assert again["metadata"].get("generation") == first["metadata"].get("generation"), obj["kind"]
        if obj["kind"] not in WITH_STATUS:
            assert again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"], obj["kind"]


async def test_a_route_with_copies_matches_and_cookies_is_stored_as_it_was_rendered(place: Place) -> None:
    await place.applied("Service", NAME)
    release = _owner(await place.api.get(RELEASE, place.namespace, NAME))
    note = replace(NOTE, steering=STEERING)
    stored = await place.api.apply(render_route(release, WEIGHTS, note, NETWORK))
    assert differs(render_route(release, WEIGHTS, note, NETWORK), stored) is None
    view = parse_route(stored)
    assert (view.weights, view.steering) == (WEIGHTS, STEERING)


async def test_policies_are_stored_as_they_were_rendered_and_applying_them_again_writes_nothing(place: Place) -> None:
    await place.applied("Service", NAME)
    release = _owner(await place.api.get(RELEASE, place.namespace, NAME))
    policies = render_policies(release, POLICIES)
    assert {policy["kind"] for policy in policies} == set(POLICY_KINDS)
    for policy in policies:
        first = await place.api.apply(policy)
        assert differs(policy, first) is None, policy["kind"]
        again = await place.api.apply(policy)
        assert again["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"], policy["kind"]


async def test_what_is_taken_out_again_is_named_and_gone_with_the_next_write(place: Place) -> None:
    await place.applied("Service", NAME)
    release = _owner(await place.api.get(RELEASE, place.namespace, NAME))
    record = BertRevisionSpec.of(NAME, BertReleaseSpec.model_validate(MINIMAL))
    never_down = {"scaleDown": {"selectPolicy": "Disabled"}}

    def autoscaler(**behavior: Any) -> KubeObject:
        autoscaling = AUTOSCALING.model_copy(update={"behavior": ScalingBehavior.model_validate(behavior)})
        return render_autoscaler(record, autoscaling, ReplicaRange(2, 8), release)

    def rule(**connections: int) -> KubeObject:
        return render_destination_rule(record, release, Network.model_validate({"connections": connections}))

    def telemetry(**fields: Any) -> KubeObject:
        (policy,) = render_policies(release, Network.model_validate({"telemetry": fields}))
        return policy

    for before, after, path in (
        (autoscaler(**never_down, scaleUp={"selectPolicy": "Min"}), autoscaler(**never_down), "spec.behavior.scaleUp"),
        (autoscaler(**never_down), autoscaler(), "spec.behavior"),
        (
            rule(maxConnections=10, maxPendingRequests=5),
            rule(maxPendingRequests=5),
            "spec.trafficPolicy.connectionPool.tcp.maxConnections",
        ),
        (telemetry(accessLogs=True, tracingSamplingPercent=5), telemetry(accessLogs=True), "spec.tracing"),
    ):
        assert differs(before, await place.api.apply(before)) is None, path
        assert differs(after, await place.stored(after)) == path
        written = await place.api.apply(after)
        assert differs(after, written) is None, path
        # The API server completes what is said of one direction by its defaults for the other.
        assert _at(written, path) is None or _at(written, f"{path}.selectPolicy") == "Max", path


def _at(obj: KubeObject, path: str) -> Any:
    found: Any = obj
    for name in path.split("."):
        found = found.get(name) if found is not None else None
    return found


async def test_what_others_add_to_the_limits_of_connections_stays(place: Place) -> None:
    rendered = await place.applied("DestinationRule", CHILD)
    pool = {"http": {"maxRetries": 3}}
    place.patch("DestinationRule", CHILD, {"spec": {"trafficPolicy": {"connectionPool": pool}}})
    assert differs(rendered, await place.stored(rendered)) is None
    assert (await place.api.apply(rendered))["spec"]["trafficPolicy"]["connectionPool"]["http"]["maxRetries"] == 3


async def test_the_services_follow_the_port_of_the_release(place: Place) -> None:
    rendered = await place.applied("Service", NAME)
    assert rendered["spec"]["ports"][0]["port"] == NETWORK.port
    release = _owner(await place.api.get(RELEASE, place.namespace, NAME))
    moved = render_root_service(release, "v1.0.0", Network(port=80))
    assert differs(moved, await place.stored(moved)) == "spec.ports[http].port"
    assert [port["port"] for port in (await place.api.apply(moved))["spec"]["ports"]] == [80]


async def test_the_route_is_read_back_from_the_api_server_as_it_was_written(place: Place) -> None:
    route = await place.applied("VirtualService", NAME)
    view = parse_route(await place.stored(route))
    assert view.weights == WEIGHTS
    assert view.note == NOTE
    assert view.resource_version.isdigit()


@pytest.mark.parametrize("what", CHANGES)
async def test_a_change_by_hand_is_named_and_put_right(place: Place, what: str) -> None:
    kind, name, path, change = CHANGES[what]
    rendered = await place.applied(kind, name)
    place.patch(kind, name, change, _kind_of_patch(kind, change))

    difference = differs(rendered, await place.stored(rendered))
    assert difference is not None
    # A map may be gone as a whole, or field by field.
    assert path.startswith(difference) or difference.startswith(path)

    assert differs(rendered, await place.api.apply(rendered)) is None


def _kind_of_patch(kind: str, change: Any) -> str:
    if isinstance(change, list):
        return "json"
    # Custom resources know no strategic patches.
    return "strategic" if kind == "Deployment" else "merge"


async def test_the_settings_of_a_version_cannot_be_changed(place: Place) -> None:
    await place.applied("ConfigMap", CHILD)
    with pytest.raises(CommandError, match="field is immutable when `immutable` is set"):
        place.patch("ConfigMap", CHILD, {"data": {"server.json": "{}"}})


async def test_settings_that_somebody_put_in_their_place_are_refused_until_they_are_gone(place: Place) -> None:
    rendered = await place.applied("ConfigMap", CHILD)
    false = {**rendered, "data": {"server.json": '{"queue_size": 1}'}}
    place.kubectl("replace", "--force", "--filename=-", stdin=json.dumps(false))
    assert differs(rendered, await place.stored(rendered)) == "data[server.json]"
    with pytest.raises(InvalidError, match="immutable"):
        await place.api.apply(rendered)


async def test_our_fields_are_ours_although_somebody_else_applied_them_by_force(place: Place) -> None:
    rendered = await place.applied("Deployment", CHILD)
    theirs = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": CHILD, "annotations": {"example.org/contact": "值班"}},
        "spec": {"replicas": 7},
    }
    place.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=json.dumps(theirs))
    assert differs(rendered, await place.stored(rendered)) == "spec.replicas"

    stored = await place.api.apply(rendered)
    assert differs(rendered, stored) is None
    assert stored["metadata"]["annotations"]["example.org/contact"] == "值班"


async def test_what_others_add_beside_ours_is_left_to_them(place: Place) -> None:
    rendered = await place.applied("Deployment", CHILD)
    container = {"name": "server", "env": [{"name": "TZ", "value": "Asia/Shanghai"}]}
    addition = {
        "metadata": {"labels": {"example.org/team": "nlp"}},
        "spec": {"template": {"metadata": {"annotations": {"example.org/restarted": "now"}}}},
    }
    place.patch("Deployment", CHILD, {"spec": {"template": {"spec": {"containers": [container]}}}}, "strategic")
    place.patch("Deployment", CHILD, addition)
    assert differs(rendered, await place.stored(rendered)) is None

    stored = await place.api.apply(rendered)
    template = stored["spec"]["template"]
    assert container["env"][0] in template["spec"]["containers"][0]["env"]
    assert template["metadata"]["annotations"]["example.org/restarted"] == "now"
    assert stored["metadata"]["labels"]["example.org/team"] == "nlp"


@pytest.mark.parametrize("source", [{"kind": "image"}, EVERYTHING["model"]["source"]], ids=["image", "volume"])
async def test_a_namespace_that_enforces_the_restricted_pod_security_standard_admits_the_pods(
    place: Place, source: dict[str, str]
) -> None:
    place.kubectl("label", "namespace", place.namespace, "pod-security.kubernetes.io/enforce=restricted")
    rendered = await place.rendered(changed(MINIMAL, {"model": {"source": source}}))
    (template,) = (obj["spec"]["template"] for obj in rendered if obj["kind"] == "Deployment")
    metadata = {**template["metadata"], "name": "one-pod"}
    # Made by the namespace's controller, a moment after the namespace.
    place.kubectl("wait", "--for=create", "--timeout=30s", "serviceaccount/default")
    pod = {"apiVersion": "v1", "kind": "Pod", **template, "metadata": metadata}
    assert "pod/one-pod created" in place.kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(pod))


async def test_everything_goes_with_the_release(place: Place) -> None:
    await place.applied("Deployment", CHILD)
    place.kubectl("delete", RELEASE_KIND, NAME)
    for kind in ("bertrevision", "deployment", "service", "poddisruptionbudget", "virtualservice", "destinationrule"):
        place.kubectl("wait", "--for=delete", "--timeout=60s", "--all", kind)
    place.kubectl("wait", "--for=delete", "--timeout=60s", f"configmap/{CHILD}")
