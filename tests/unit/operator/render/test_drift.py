"""Which differences count, and how they are named."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from bertrelease_operator.api.autoscaling import Autoscaling
from bertrelease_operator.api.network import Network
from bertrelease_operator.core.decision import ReplicaRange
from bertrelease_operator.core.observation import RouteNote
from bertrelease_operator.render.autoscalers import render_autoscaler
from bertrelease_operator.render.drift import differs
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.render.policies import POLICY_KINDS, render_policies
from bertrelease_operator.render.routing import render_destination_rule, render_route
from tests.support.managed_fields import applied
from tests.unit.operator.render.samples import EVERYTHING, RELEASE, REVISION, children, record

Change = Callable[[KubeObject], Any]


NETWORK = Network.model_validate(
    {
        "mtls": "STRICT",
        "callers": [{"namespace": "web"}],
        "jwt": {"issuer": "ci", "jwksUri": "https://login.example.org/keys"},
        "telemetry": {"accessLogs": False},
        "rateLimit": {"requestsPerSecond": 10},
    }
)


def _rendered(kind: str) -> KubeObject:
    if kind in POLICY_KINDS:
        return next(obj for obj in render_policies(RELEASE, NETWORK) if obj["kind"] == kind)
    if kind == "VirtualService":
        return render_route(RELEASE, {"v1.1.0": 90, "v1.2.0": 10}, RouteNote(1.5, "Step"), Network())
    return children(**EVERYTHING)[kind]


def _difference_after(kind: str, change: Change) -> str | None:
    desired = _rendered(kind)
    observed = copy.deepcopy(desired)
    change(observed)
    return differs(desired, observed)


def _container(deployment: KubeObject) -> Any:
    return deployment["spec"]["template"]["spec"]["containers"][0]


def _rule(route: KubeObject) -> Any:
    return route["spec"]["http"][0]


NOTHING_OF_OURS: dict[str, tuple[str, Change]] = {
    "the API server's bookkeeping": ("Deployment", lambda o: o["metadata"].update(uid="1", resourceVersion="2")),
    "a status": ("Deployment", lambda o: o.update(status={"replicas": 3})),
    "a default": ("Deployment", lambda o: o["spec"]["template"]["spec"].update(dnsPolicy="ClusterFirst")),
    "a default of a probe": (
        "Deployment",
        lambda o: _container(o)["startupProbe"].update(successThreshold=1),
    ),
    "a default of a volume": (
        "Deployment",
        lambda o: o["spec"]["template"]["spec"]["volumes"][0]["configMap"].update(defaultMode=420),
    ),
    "an address": ("Service", lambda o: o["spec"].update(clusterIP="10.0.0.1")),
    "a foreign annotation": ("Service", lambda o: o["metadata"].update(annotations={"example.org/note": "x"})),
    "a foreign label": ("Service", lambda o: o["metadata"]["labels"].update({"example.org/team": "nlp"})),
    "a foreign container": (
        "Deployment",
        lambda o: o["spec"]["template"]["spec"]["containers"].insert(0, {"name": "sidecar"}),
    ),
    "another order of variables": ("Deployment", lambda o: _container(o)["env"].reverse()),
    "another order of volumes": ("Deployment", lambda o: o["spec"]["template"]["spec"]["volumes"].reverse()),
    "another spelling of a request": (
        "Deployment",
        lambda o: _container(o)["resources"].update(requests={"cpu": "1", "memory": "1536Mi"}),
    ),
    "another spelling of a limit": (
        "Deployment",
        lambda o: _container(o)["resources"].update(limits={"cpu": "2", "memory": "2Gi", "nvidia.com/gpu": "1"}),
    ),
    "an emptiness that is not stored": (
        "Deployment",
        lambda o: o["spec"]["template"]["spec"].update(
            tolerations=[
                {"key": "dedicated", "operator": "Equal", "value": "inference", "effect": "NoSchedule"},
                {"key": "spot", "operator": "Exists"},
            ]
        ),
    ),
}


@pytest.mark.parametrize("what", NOTHING_OF_OURS)
def test_what_is_not_ours_makes_no_difference(what: str) -> None:
    kind, change = NOTHING_OF_OURS[what]
    assert _difference_after(kind, change) is None


OURS: dict[str, tuple[str, str, Change]] = {
    "another number of replicas": ("Deployment", "spec.replicas", lambda o: o["spec"].update(replicas=0)),
    "another image": (
        "Deployment",
        "spec.template.spec.containers[server].image",
        lambda o: _container(o).update(image="localhost/other:v1.0.0"),
    ),
    "another value of a variable": (
        "Deployment",
        "spec.template.spec.containers[server].env[BERT_SERVER_VERSION].value",
        lambda o: next(v for v in _container(o)["env"] if v["name"] == "BERT_SERVER_VERSION").update(value="v9.9.9"),
    ),
    "another request": (
        "Deployment",
        "spec.template.spec.containers[server].resources.requests.cpu",
        lambda o: _container(o)["resources"]["requests"].update(cpu="1001m"),
    ),
    "a limit taken away": (
        "Deployment",
        "spec.template.spec.containers[server].resources.limits[nvidia.com/gpu]",
        lambda o: _container(o)["resources"]["limits"].pop("nvidia.com/gpu"),
    ),
    "a probe taken away": (
        "Deployment",
        "spec.template.spec.containers[server].livenessProbe",
        lambda o: _container(o).pop("livenessProbe"),
    ),
    "a false taken away": (
        "Deployment",
        "spec.template.spec.automountServiceAccountToken",
        lambda o: o["spec"]["template"]["spec"].pop("automountServiceAccountToken"),
    ),
    "a container taken away": (
        "Deployment",
        "spec.template.spec.containers[server]",
        lambda o: o["spec"]["template"]["spec"].update(containers=[{"name": "other"}]),
    ),
    "another mount": (
        "Deployment",
        "spec.template.spec.containers[server].volumeMounts[/bundles/fill-mask].readOnly",
        lambda o: next(m for m in _container(o)["volumeMounts"] if m["name"] == "bundle").update(readOnly=False),
    ),
    "one toleration more": (
        "Deployment",
        "spec.template.spec.tolerations",
        lambda o: o["spec"]["template"]["spec"]["tolerations"].append({"operator": "Exists"}),
    ),
    "a term of the affinity": (
        "Deployment",
        "spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight",
        lambda o: o["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"][
            "preferredDuringSchedulingIgnoredDuringExecution"
        ][0].update(weight=11),
    ),
    "a selector that selects less": (
        "Service",
        "spec.selector.app",
        lambda o: o["spec"]["selector"].update(app="bert"),
    ),
    "another version in a selector": (
        "Service",
        "spec.selector[bertrelease.io/version]",
        lambda o: o["spec"]["selector"].update({"bertrelease.io/version": "v1.0.0"}),
    ),
    "another port": ("Service", "spec.ports[http].port", lambda o: o["spec"]["ports"][0].update(port=81)),
    "a label taken away": (
        "Service",
        "metadata.labels[bertrelease.io/release]",
        lambda o: o["metadata"]["labels"].pop("bertrelease.io/release"),
    ),
    "the owner taken away": (
        "Service",
        "metadata.ownerReferences",
        lambda o: o["metadata"].pop("ownerReferences"),
    ),
    "a budget that selects less": (
        "PodDisruptionBudget",
        "spec.selector.matchExpressions",
        lambda o: o["spec"]["selector"].update(matchExpressions=[{"key": "x", "operator": "Exists"}]),
    ),
    "other contents of the settings": (
        "ConfigMap",
        "data[server.json]",
        lambda o: o["data"].update({"server.json": "{}"}),
    ),
    "settings that can change": ("ConfigMap", "immutable", lambda o: o.pop("immutable")),
    "a zero taken away": (
        "DestinationRule",
        "spec.trafficPolicy.outlierDetection.consecutive5xxErrors",
        lambda o: o["spec"]["trafficPolicy"]["outlierDetection"].pop("consecutive5xxErrors"),
    ),
    "another weight": (
        "VirtualService",
        "spec.http[0].route[0].weight",
        lambda o: _rule(o)["route"][0].update(weight=89),
    ),
    "one destination more": (
        "VirtualService",
        "spec.http[0].route",
        lambda o: _rule(o)["route"].append({"destination": {"host": "other"}}),
    ),
    "a mirror": ("VirtualService", "spec.http[0].mirror", lambda o: _rule(o).update(mirror={"host": "other"})),
    "another rule before ours": (
        "VirtualService",
        "spec.http",
        lambda o: o["spec"]["http"].insert(0, {"redirect": {"uri": "/"}}),
    ),
    "retries of another kind": (
        "VirtualService",
        "spec.http[0].retries.retryOn",
        lambda o: _rule(o)["retries"].update(retryOn="5xx"),
    ),
    "one host more": (
        "VirtualService",
        "spec.hosts",
        lambda o: o["spec"]["hosts"].append("other.example.org"),
    ),
    "one caller more": (
        "AuthorizationPolicy",
        "spec.rules[0].from",
        lambda o: o["spec"]["rules"][0]["from"].append({"source": {"namespaces": ["other"]}}),
    ),
    "a condition that lets fewer call": (
        "AuthorizationPolicy",
        "spec.rules[0].when",
        lambda o: o["spec"]["rules"][0].update(when=[{"key": "source.ip", "values": ["10.0.0.1"]}]),
    ),
    "another port that everybody may call": (
        "AuthorizationPolicy",
        "spec.rules[1].to[0].operation.ports[0]",
        lambda o: o["spec"]["rules"][1]["to"][0]["operation"].update(ports=["8080"]),
    ),
    "denied instead of allowed": (
        "AuthorizationPolicy",
        "spec.action",
        lambda o: o["spec"].update(action="DENY"),
    ),
    "plaintext": ("PeerAuthentication", "spec.mtls.mode", lambda o: o["spec"]["mtls"].update(mode="PERMISSIVE")),
    "tokens from another place": (
        "RequestAuthentication",
        "spec.jwtRules[0].fromParams",
        lambda o: o["spec"]["jwtRules"][0].update(fromParams=["token"]),
    ),
    "a patch that holds more": (
        "EnvoyFilter",
        "spec.configPatches[0].patch.value.typed_config.stage",
        lambda o: o["spec"]["configPatches"][0]["patch"]["value"]["typed_config"].update(stage=1),
    ),
    "logs turned on": (
        "Telemetry",
        "spec.accessLogging[0].disabled",
        lambda o: o["spec"]["accessLogging"][0].update(disabled=False),
    ),
    "another reason": (
        "VirtualService",
        "metadata.annotations[bertrelease.io/route]",
        lambda o: o["metadata"]["annotations"].update({"bertrelease.io/route": "{}"}),
    ),
}


@pytest.mark.parametrize("what", OURS)
def test_a_change_of_what_is_ours_is_named_by_its_path(what: str) -> None:
    kind, path, change = OURS[what]
    assert _difference_after(kind, change) == path


def _telemetry(**fields: Any) -> KubeObject:
    (telemetry,) = render_policies(RELEASE, Network.model_validate({"telemetry": fields}))
    return telemetry


def _destination_rule(**connections: int) -> KubeObject:
    return render_destination_rule(record(), REVISION, Network.model_validate({"connections": connections}))


def _autoscaler(kind: str, **behavior: Any) -> KubeObject:
    fields = {"kind": kind, "maxReplicas": 8, "cpuUtilizationPercent": 60, "behavior": behavior or None}
    return render_autoscaler(record(), Autoscaling.model_validate(fields), ReplicaRange(2, 8), REVISION)


NEVER_DOWN: dict[str, Any] = {"scaleDown": {"selectPolicy": "Disabled"}}
SLOWLY_UP: dict[str, Any] = {"scaleUp": {"stabilizationWindowSeconds": 60}}

# By what is taken out: the object as it was written, as it is wanted now, and what is left in it.
TAKEN_OUT: dict[str, tuple[KubeObject, KubeObject, str]] = {
    "a limit of connections": (
        _destination_rule(maxConnections=10),
        _destination_rule(),
        "spec.trafficPolicy.connectionPool.tcp.maxConnections",
    ),
    "one limit of two": (
        _destination_rule(maxPendingRequests=1, maxRequestsPerConnection=5),
        _destination_rule(maxRequestsPerConnection=5),
        "spec.trafficPolicy.connectionPool.http.http1MaxPendingRequests",
    ),
    "how fast an autoscaler is": (_autoscaler("hpa", **NEVER_DOWN), _autoscaler("hpa"), "spec.behavior"),
    "how fast it is in one direction": (
        _autoscaler("hpa", **NEVER_DOWN, **SLOWLY_UP),
        _autoscaler("hpa", **NEVER_DOWN),
        "spec.behavior.scaleUp",
    ),
    "how fast KEDA is": (_autoscaler("keda", **NEVER_DOWN), _autoscaler("keda"), "spec.advanced"),
    "traces": (
        _telemetry(accessLogs=True, tracingSamplingPercent=100),
        _telemetry(accessLogs=True),
        "spec.tracing",
    ),
    "access logs": (
        _telemetry(accessLogs=True, tracingSamplingPercent=100),
        _telemetry(tracingSamplingPercent=100),
        "spec.accessLogging",
    ),
}


def _stored(obj: KubeObject, *entries: dict[str, Any]) -> KubeObject:
    return {**obj, "metadata": {**obj["metadata"], "managedFields": [*entries]}}


@pytest.mark.parametrize("what", TAKEN_OUT)
def test_what_we_wrote_before_and_is_not_wanted_any_more_is_named(what: str) -> None:
    before, now, path = TAKEN_OUT[what]
    assert differs(now, _stored(before, applied(before))) == path
    assert differs(before, _stored(before, applied(before))) is None


@pytest.mark.parametrize("what", TAKEN_OUT)
def test_the_same_is_no_difference_where_somebody_else_has_written_it(what: str) -> None:
    before, now, _ = TAKEN_OUT[what]
    theirs = (applied(before, "kubectl-edit", "Update"), applied(before, "flux"))
    assert differs(now, _stored(before, applied(now), *theirs)) is None


def test_what_the_api_server_adds_beside_a_field_of_ours_is_no_difference() -> None:
    """It completes the behavior of an autoscaler, in both directions, as soon as a word is said of it."""
    ours = _autoscaler("hpa", **NEVER_DOWN)
    stored = copy.deepcopy(_stored(ours, applied(ours)))
    stored["spec"]["behavior"]["scaleUp"] = {"stabilizationWindowSeconds": 0, "selectPolicy": "Max"}
    stored["spec"]["behavior"]["scaleDown"]["policies"] = [{"type": "Percent", "value": 100, "periodSeconds": 15}]
    assert differs(ours, stored) is None
    assert differs(_autoscaler("hpa"), stored) == "spec.behavior"
