"""What the router gatewayAPI cannot do is refused, and not left out."""

from typing import Final

from pydantic.alias_generators import to_camel

from bertrelease_operator.api.base import ApiModel
from bertrelease_operator.api.crd.rule import FORBIDDEN, Rule
from bertrelease_operator.api.network import Connections, OutlierDetection, Retries, Router

_ISTIO: Final = f"self.network.router != '{Router.GATEWAY_API}'"
_STRATEGY: Final = "self.strategy"
# Of an HTTPRoute: one hostname and one parent are the release's own.
_MOST_HOSTS: Final = 15
_MOST_GATEWAYS: Final = 31


def _is_default(path: str, model: ApiModel) -> str:
    """Holds where nothing was set; the API server has filled in the defaults by then."""
    parts = []
    for name, value in model:
        field = f"{path}.{to_camel(name)}"
        parts.append(f"!has({field})" if value is None else f"{field} == {value}")
    return " && ".join(parts)


def _only_istio(condition: str, field: str, what: str) -> Rule:
    return Rule(
        f"{_ISTIO} || ({condition})",
        f"the router gatewayAPI has no {what}: leave this out, or use router istio",
        field=field,
        reason=FORBIDDEN,
    )


ROUTER_RULES: Final = [
    _only_istio(_is_default("self.network.retries", Retries()), ".network.retries", "retries of its own"),
    _only_istio(_is_default("self.network.connections", Connections()), ".network.connections", "connection limits"),
    _only_istio(
        _is_default("self.network.outlierDetection", OutlierDetection()),
        ".network.outlierDetection",
        "outlier detection",
    ),
    _only_istio(
        f"!has({_STRATEGY}.canary) || !has({_STRATEGY}.canary.sticky)", ".strategy.canary.sticky", "cookies for users"
    ),
    Rule(
        f"{_ISTIO} || {_STRATEGY}.kind != 'abTest' || (has({_STRATEGY}.abTest) && {_STRATEGY}.abTest.weight == 0)",
        "the router gatewayAPI has no cookies, without which users change sides: set abTest.weight to 0 and match "
        "requests by headers, or use router istio",
        field=".strategy.abTest",
        reason=FORBIDDEN,
    ),
    _only_istio(
        f"!has({_STRATEGY}.abTest) || {_STRATEGY}.abTest.match.all(rule, !has(rule.cookie))",
        ".strategy.abTest.match",
        "matches of cookies",
    ),
    Rule(
        f"{_ISTIO} || size(self.network.hosts) <= {_MOST_HOSTS}",
        f"an HTTPRoute has room for {_MOST_HOSTS} hosts beside the Service's own: list fewer, or use router istio",
        field=".network.hosts",
    ),
    Rule(
        f"{_ISTIO} || size(self.network.gateways) <= {_MOST_GATEWAYS}",
        f"an HTTPRoute has room for {_MOST_GATEWAYS} gateways: list fewer, or use router istio",
        field=".network.gateways",
    ),
]

ROUTER_IS_KEPT: Final = Rule(
    "self.router == oldSelf.router",
    "a release keeps the router that it began with, or there would be two routes for one Service: delete the release "
    "and create it anew, or make another one",
    field=".router",
    reason=FORBIDDEN,
)
