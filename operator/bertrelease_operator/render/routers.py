"""The routers that weights can be written for, each by the one object that it reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bertrelease_operator.api.network import Network, Router
from bertrelease_operator.core.observation import RouteNote, RouteView
from bertrelease_operator.render.http_route import parse_http_route, render_http_route
from bertrelease_operator.render.metadata import KubeObject, Owner
from bertrelease_operator.render.routing import parse_route, render_route


@dataclass(frozen=True, slots=True)
class RouteFormat:
    """How a route is written, and read again."""

    kind: str
    render: Callable[[Owner, Mapping[str, int], RouteNote, Network], KubeObject]
    parse: Callable[[KubeObject], RouteView]


ROUTE_FORMATS: Final[Mapping[Router, RouteFormat]] = {
    Router.ISTIO: RouteFormat("VirtualService", render_route, parse_route),
    Router.GATEWAY_API: RouteFormat("HTTPRoute", render_http_route, parse_http_route),
}
