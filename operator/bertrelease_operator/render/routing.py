"""Who gets how much of the traffic: the VirtualService of a release, and a DestinationRule for each version."""

from collections.abc import Mapping
from typing import Any, Final

from bertrelease_operator.api.names import ANNOTATION_ROUTE, child_name
from bertrelease_operator.api.release import Network
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.version import parse_version
from bertrelease_operator.core.observation import RouteNote, RouteView
from bertrelease_operator.render.metadata import KubeObject, Owner, owned_metadata, release_labels, version_metadata
from bertrelease_operator.render.route_note import parse_note, render_note
from bertrelease_operator.render.service import service_host

_API_VERSION: Final = "networking.istio.io/v1"
_MESH: Final = "mesh"  # Istio's word for all sidecars

# Requests that no server has seen yet are sent again, to another pod: that is what loses none while pods come and
# go. Answers are final. Istio's default would also repeat 503s, which hides a failing candidate from the clients,
# and from the figures that are to convict it, and doubles the load just when it is in trouble.
_RETRIES: Final = {"attempts": 2, "retryOn": "connect-failure,refused-stream,reset-before-request"}

_CONNECTION_POOL: Final = {
    # A node that is gone answers nothing at all. One second later the request is tried elsewhere; Envoy's default
    # is ten.
    "tcp": {"connectTimeout": "1s"},
    # Less than the server's keep_alive_seconds: the proxy closes idle connections first, so that no request is sent
    # on one that is just being closed. There are no limits here, since the servers' own bounded queues answer 429.
    "http": {"idleTimeout": "3600s"},
}

_OUTLIER_DETECTION: Final = {
    # A pod that cannot be reached, or answers 502, 503 or 504 five times in a row, is left out for a while ...
    "consecutiveGatewayErrors": 5,
    # ... but 500s are a version's fault and not a pod's: the judgement must see them. 0 turns Istio's default off.
    "consecutive5xxErrors": 0,
    "interval": "2s",
    "baseEjectionTime": "15s",
    # At most half of the pods, and never the only one.
    "maxEjectionPercent": 50,
}


def render_destination_rule(record: BertRevisionSpec, owner: Owner) -> KubeObject:
    """How proxies treat the pods of one version."""
    name = child_name(record.release, record.version)
    return {
        "apiVersion": _API_VERSION,
        "kind": "DestinationRule",
        "metadata": version_metadata(owner, record.release, record.version),
        "spec": {
            "host": service_host(name, owner.namespace),
            "trafficPolicy": {"connectionPool": _CONNECTION_POOL, "outlierDetection": _OUTLIER_DETECTION},
        },
    }


def render_route(release: Owner, weights: Mapping[str, int], note: RouteNote, network: Network) -> KubeObject:
    """`weights`: percent by version, not all 0. They and `note` are one object, so that neither is ever written alone.

    The root Service's full name stands for its short ones too. Destinations are in the order of the versions' names,
    so that equal weights always give an equal route.
    """
    own_host = service_host(release.name, release.namespace)
    further_hosts = [host for host in network.hosts if host not in {own_host, release.name}]
    destinations = [
        _destination(release, version, weight, network) for version, weight in sorted(weights.items()) if weight
    ]
    return {
        "apiVersion": _API_VERSION,
        "kind": "VirtualService",
        "metadata": owned_metadata(
            release, release.name, release_labels(release.name), {ANNOTATION_ROUTE: render_note(note)}
        ),
        "spec": {
            "hosts": [own_host, *further_hosts],
            "gateways": [_MESH, *network.gateways],
            "http": [{"route": destinations, "retries": _RETRIES}],
        },
    }


def _destination(release: Owner, version: str, weight: int, network: Network) -> dict[str, Any]:
    host = service_host(child_name(release.name, version), release.namespace)
    # The port is stated because gateways listen on others.
    return {"destination": {"host": host, "port": {"number": network.port}}, "weight": weight}


def parse_route(obj: KubeObject) -> RouteView:
    """Inverse of `render_route`, for a VirtualService that anybody may have edited.

    Destinations that are no version of the release are left out, and a note that cannot be read is None; the
    next route that is written replaces both.
    """
    metadata = obj["metadata"]
    weights: dict[str, int] = {}
    for destination, weight in _weighted_destinations(obj.get("spec") or {}):
        version = _version_of(destination.get("host", ""), metadata["name"], metadata["namespace"])
        if version is not None:
            weights[version] = weights.get(version, 0) + weight
    annotations: Mapping[str, str] = metadata.get("annotations") or {}
    note = parse_note(annotations.get(ANNOTATION_ROUTE, ""))
    return RouteView(weights, note, metadata.get("resourceVersion", ""))


def _weighted_destinations(spec: Mapping[str, Any]) -> list[tuple[dict[str, Any], int]]:
    """Of the first HTTP route, the only one that is ours. A lone destination gets everything, whatever its weight."""
    routes = (spec.get("http") or [{}])[0].get("route") or []
    if len(routes) == 1:
        return [(routes[0].get("destination") or {}, 100)]
    return [(route.get("destination") or {}, route.get("weight") or 0) for route in routes]


def _version_of(host: str, release: str, namespace: str) -> str | None:
    """`fill-mask-v1-2-0-3f2a9c1.default.svc.cluster.local` -> `v1.2.0-3f2a9c1`, for release `fill-mask`."""
    prefix, suffix = f"{release}-", service_host("", namespace)
    if not (host.startswith(prefix) and host.endswith(suffix)):
        return None
    major, *rest = host.removeprefix(prefix).removesuffix(suffix).split("-")
    version = "-".join([".".join([major, *rest[:2]]), *rest[2:]])
    try:
        parse_version(version)
    except ValueError:
        return None
    return version
