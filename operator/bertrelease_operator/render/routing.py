"""Who gets how much of the traffic: the VirtualService of a release, and a DestinationRule for each version."""

from collections.abc import Mapping
from typing import Any, Final

from bertrelease_operator.api.names import ANNOTATION_ROUTE, child_name
from bertrelease_operator.api.network import Network
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.core.observation import RouteNote, RouteView
from bertrelease_operator.core.steering import Steering, Stickiness
from bertrelease_operator.render.metadata import KubeObject, Owner, owned_metadata, release_labels, version_metadata
from bertrelease_operator.render.resilience import patience, traffic_policy
from bertrelease_operator.render.route_note import parse_note, render_note
from bertrelease_operator.render.service import service_host, version_of_service
from bertrelease_operator.render.steering import (
    cookie_match,
    earlier_past_cookies,
    exactly,
    past_cookie,
    request_match,
    setting_cookie,
    to_cookie,
)

_API_VERSION: Final = "networking.istio.io/v1"
_MESH: Final = "mesh"  # Istio's word for all sidecars


def render_destination_rule(record: BertRevisionSpec, owner: Owner, network: Network) -> KubeObject:
    """How proxies treat the pods of one version."""
    name = child_name(record.release, record.version)
    return {
        "apiVersion": _API_VERSION,
        "kind": "DestinationRule",
        "metadata": version_metadata(owner, record.release, record.version),
        "spec": {
            "host": service_host(name, owner.namespace),
            "trafficPolicy": traffic_policy(network),
        },
    }


def render_route(release: Owner, weights: Mapping[str, int], note: RouteNote, network: Network) -> KubeObject:
    """`weights`: percent by version, not all 0. They and `note` are one object, so that neither is ever written alone.

    The root Service's full name stands for its short ones too. Destinations are in the order of the versions' names,
    so that equal weights always give an equal route.
    """
    own_host = service_host(release.name, release.namespace)
    further_hosts = [host for host in network.hosts if host not in {own_host, release.name}]
    return {
        "apiVersion": _API_VERSION,
        "kind": "VirtualService",
        "metadata": owned_metadata(
            release, release.name, release_labels(release.name), {ANNOTATION_ROUTE: render_note(note)}
        ),
        "spec": {
            "hosts": [own_host, *further_hosts],
            "gateways": [_MESH, *network.gateways],
            "http": [
                *_matching_rules(release, note.steering, network),
                *_sticky_rules(release, weights, note.steering, network),
                _rule(release, weights, note, network),
            ],
        },
    }


def _rule(release: Owner, weights: Mapping[str, int], note: RouteNote, network: Network) -> dict[str, Any]:
    """The one that holds for requests of which nothing is known: the weights."""
    rule = {"route": _destinations(release, weights, note.steering.stickiness, network), **patience(network)}
    mirroring = note.steering.mirroring
    if mirroring is not None:
        rule |= {
            "mirror": _destination(release, mirroring.version, network),
            "mirrorPercentage": {"value": mirroring.percent},
        }
    return rule


def _matching_rules(release: Owner, steering: Steering, network: Network) -> list[dict[str, Any]]:
    matching = steering.matching
    if matching is None:
        return []
    return [
        {
            "match": [request_match(rule) for rule in matching.rules],
            "route": _destinations(release, {matching.version: 100}, None, network),
            **patience(network),
        }
    ]


def _sticky_rules(
    release: Owner, weights: Mapping[str, int], steering: Steering, network: Network
) -> list[dict[str, Any]]:
    """Who has been sent to the candidate stays, who has been sent past it in this step too; others are drawn again."""
    sticky = steering.stickiness
    if sticky is None:
        return []
    (past,) = (version for version, weight in weights.items() if version != sticky.version and weight)
    groups: list[tuple[str, Mapping[str, int]]] = [
        (exactly(to_cookie(sticky)), {sticky.version: 100}),
        (exactly(past_cookie(sticky)), {past: 100}),
    ]
    share = sticky.catch_up_percent
    if share is not None:
        groups.append((earlier_past_cookies(sticky), {sticky.version: share, past: 100 - share}))
    return [
        {
            "match": [cookie_match(release.name, cookie)],
            "route": _destinations(release, group, sticky if len(group) > 1 else None, network),
            **patience(network),
        }
        for cookie, group in groups
    ]


def _destinations(
    release: Owner, weights: Mapping[str, int], sticky: Stickiness | None, network: Network
) -> list[dict[str, Any]]:
    destinations = []
    for version, weight in sorted(weights.items()):
        if not weight:
            continue
        one = {"destination": _destination(release, version, network), "weight": weight}
        if sticky is not None:
            value = to_cookie(sticky) if version == sticky.version else past_cookie(sticky)
            one["headers"] = setting_cookie(release.name, value, sticky.max_age_seconds)
        destinations.append(one)
    return destinations


def _destination(release: Owner, version: str, network: Network) -> dict[str, Any]:
    # The port is stated because gateways listen on others.
    host = service_host(child_name(release.name, version), release.namespace)
    return {"host": host, "port": {"number": network.port}}


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
    """Of the first HTTP rule that matches any request. A lone destination gets everything, whatever its weight."""
    rules = [rule for rule in spec.get("http") or [] if not rule.get("match")]
    routes = (rules[0].get("route") or []) if rules else []
    if len(routes) == 1:
        return [(routes[0].get("destination") or {}, 100)]
    return [(route.get("destination") or {}, route.get("weight") or 0) for route in routes]


def _version_of(host: str, release: str, namespace: str) -> str | None:
    """By the full name of a version's Service."""
    suffix = service_host("", namespace)
    return version_of_service(host.removesuffix(suffix), release) if host.endswith(suffix) else None
