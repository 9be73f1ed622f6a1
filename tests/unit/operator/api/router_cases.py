"""What the router gatewayAPI accepts and refuses, with the words that a person gets to read."""

from typing import Any

from tests.unit.operator.api.cases import Accepted, Refused


def _by_gateway_api(network: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    return {"network": {"router": "gatewayAPI", **(network or {})}, **spec}


def _refused(field: str, what: str) -> tuple[str]:
    return (f"spec.{field}: Forbidden: the router gatewayAPI has no {what}: leave this out, or use router istio",)


_HEADER = {"headers": {"x-tester": "yes"}}

ACCEPTED_ROUTER = (
    Accepted("the router by its name", {"network": {"router": "istio"}}),
    Accepted(
        "the Gateway API with all that it can",
        _by_gateway_api({"timeoutSeconds": 2.5, "hosts": ["bert.example.org"], "gateways": ["infra/public"]}),
    ),
    Accepted("defaults that are written out", _by_gateway_api({"retries": {"attempts": 2}, "connections": {}})),
    Accepted(
        "policies, which sidecars enforce", _by_gateway_api({"mtls": "STRICT", "callers": [{"namespace": "web"}]})
    ),
    Accepted("copies by the Gateway API", _by_gateway_api(strategy={"kind": "mirror"})),
    Accepted(
        "testers by a header",
        _by_gateway_api(strategy={"kind": "abTest", "abTest": {"weight": 0, "match": [_HEADER]}}),
    ),
)

REFUSED_ROUTER = (
    Refused(
        "retries by the Gateway API",
        _by_gateway_api({"retries": {"attempts": 1}}),
        _refused("network.retries", "retries of its own"),
        across_fields=True,
    ),
    Refused(
        "connection limits by the Gateway API",
        _by_gateway_api({"connections": {"maxConnections": 10}}),
        _refused("network.connections", "connection limits"),
        across_fields=True,
    ),
    Refused(
        "outlier detection by the Gateway API",
        _by_gateway_api({"outlierDetection": {"intervalSeconds": 1}}),
        _refused("network.outlierDetection", "outlier detection"),
        across_fields=True,
    ),
    Refused(
        "users who stay by the Gateway API",
        _by_gateway_api(strategy={"canary": {"sticky": {}}}),
        _refused("strategy.canary.sticky", "cookies for users"),
        across_fields=True,
    ),
    Refused(
        "arms of users by the Gateway API",
        _by_gateway_api(strategy={"kind": "abTest"}),
        (
            "spec.strategy.abTest: Forbidden: the router gatewayAPI has no cookies, without which users change sides: "
            "set abTest.weight to 0 and match requests by headers, or use router istio",
        ),
        across_fields=True,
    ),
    Refused(
        "testers by a cookie by the Gateway API",
        _by_gateway_api(
            strategy={
                "kind": "abTest",
                "abTest": {"weight": 0, "match": [{"cookie": {"name": "tester", "value": "yes"}}]},
            }
        ),
        _refused("strategy.abTest.match", "matches of cookies"),
        across_fields=True,
    ),
    Refused(
        "more hosts than an HTTPRoute has room for",
        _by_gateway_api({"hosts": [f"host{number}.example.org" for number in range(16)]}),
        (
            "spec.network.hosts: Invalid value: an HTTPRoute has room for 15 hosts beside the Service's own: list "
            "fewer, or use router istio",
        ),
        across_fields=True,
    ),
    Refused(
        "more gateways than an HTTPRoute has room for",
        _by_gateway_api({"gateways": [f"infra/gateway{number}" for number in range(32)]}),
        (
            "spec.network.gateways: Invalid value: an HTTPRoute has room for 31 gateways: list fewer, or use router "
            "istio",
        ),
        across_fields=True,
    ),
)
