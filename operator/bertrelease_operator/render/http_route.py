"""Who gets how much of the traffic, for the router gatewayAPI: the HTTPRoute of a release.

All that the API server would fill in is written out, because nothing else may be in the rules (render/drift.py).
"""

from collections.abc import Mapping
from typing import Any, Final

from bertrelease_operator.api.names import ANNOTATION_ROUTE, child_name
from bertrelease_operator.api.network import Network
from bertrelease_operator.core.observation import RouteNote, RouteView
from bertrelease_operator.render.metadata import KubeObject, Owner, owned_metadata, release_labels
from bertrelease_operator.render.route_note import parse_note, render_note
from bertrelease_operator.render.service import service_host, version_of_service

_GROUP: Final = "gateway.networking.k8s.io"
_SERVICE: Final = {"group": "", "kind": "Service"}
_ANY_PATH: Final = {"path": {"type": "PathPrefix", "value": "/"}}


def render_http_route(release: Owner, weights: Mapping[str, int], note: RouteNote, network: Network) -> KubeObject:
    """`weights`: percent by version, not all 0. They and `note` are one object, so that neither is ever written alone.

    The rule with more headers wins, so that the order of rules says nothing.
    """
    own_host = service_host(release.name, release.namespace)
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "HTTPRoute",
        "metadata": owned_metadata(
            release, release.name, release_labels(release.name), {ANNOTATION_ROUTE: render_note(note)}
        ),
        "spec": {
            "parentRefs": _parents(release, network),
            "hostnames": [own_host, *(host for host in network.hosts if host != own_host)],
            "rules": [*_matching_rules(release, note, network), _rule(release, weights, note, network)],
        },
    }


def _parents(release: Owner, network: Network) -> list[dict[str, Any]]:
    """The root Service, for the sidecars of clients that call it, and the gateways."""
    gateways = (gateway.partition("/") for gateway in network.gateways)
    return [
        {**_SERVICE, "name": release.name},
        *(
            {"group": _GROUP, "kind": "Gateway", "namespace": namespace, "name": name}
            for namespace, _, name in gateways
        ),
    ]


def _rule(release: Owner, weights: Mapping[str, int], note: RouteNote, network: Network) -> dict[str, Any]:
    """The one that holds for requests of which nothing is known: the weights."""
    rule = {"matches": [_ANY_PATH], "backendRefs": _backends(release, weights, network), **_timeouts(network)}
    mirroring = note.steering.mirroring
    if mirroring is not None:
        copies = {"backendRef": _backend(release, mirroring.version, network), "percent": mirroring.percent}
        rule["filters"] = [{"type": "RequestMirror", "requestMirror": copies}]
    return rule


def _matching_rules(release: Owner, note: RouteNote, network: Network) -> list[dict[str, Any]]:
    matching = note.steering.matching
    if matching is None:
        return []
    matches = [{**_ANY_PATH, "headers": _headers(rule.headers)} for rule in matching.rules]
    backends = _backends(release, {matching.version: 100}, network)
    return [{"matches": matches, "backendRefs": backends, **_timeouts(network)}]


def _headers(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"type": "Exact", "name": name, "value": value} for name, value in sorted(headers.items())]


def _backends(release: Owner, weights: Mapping[str, int], network: Network) -> list[dict[str, Any]]:
    """In the order of the versions' names, so that equal weights always give an equal route."""
    named = ((version, weight) for version, weight in sorted(weights.items()) if weight)
    return [{**_backend(release, version, network), "weight": weight} for version, weight in named]


def _backend(release: Owner, version: str, network: Network) -> dict[str, Any]:
    return {**_SERVICE, "name": child_name(release.name, version), "port": network.port}


def _timeouts(network: Network) -> dict[str, Any]:
    if network.timeout_seconds is None:
        return {}
    return {"timeouts": {"request": _duration(network.timeout_seconds)}}


def _duration(seconds: float) -> str:
    """As the Gateway API writes it, which knows no fractions: `2s`, `1s500ms`."""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return "".join(f"{amount}{unit}" for amount, unit in ((whole, "s"), (thousandths, "ms")) if amount)


def parse_http_route(obj: KubeObject) -> RouteView:
    """Inverse of `render_http_route`, for an HTTPRoute that anybody may have edited.

    Backends that are no version of the release are left out, and a note that cannot be read is None; the next route
    that is written replaces both.
    """
    metadata = obj["metadata"]
    weights: dict[str, int] = {}
    for backend, weight in _weighted_backends(obj.get("spec") or {}):
        version = _version_of(backend, metadata)
        if version is not None:
            weights[version] = weights.get(version, 0) + weight
    annotations: Mapping[str, str] = metadata.get("annotations") or {}
    note = parse_note(annotations.get(ANNOTATION_ROUTE, ""))
    return RouteView(weights, note, metadata.get("resourceVersion", ""))


def _weighted_backends(spec: Mapping[str, Any]) -> list[tuple[dict[str, Any], int]]:
    """Of the first rule that asks for no header. A lone backend gets everything, whatever its weight."""
    rules = [rule for rule in spec.get("rules") or [] if not any("headers" in m for m in rule.get("matches") or [])]
    backends = (rules[0].get("backendRefs") or []) if rules else []
    if len(backends) == 1 and backends[0].get("weight", 1):
        return [(backends[0], 100)]
    return [(backend, backend.get("weight", 1)) for backend in backends]


def _version_of(backend: Mapping[str, Any], metadata: Mapping[str, Any]) -> str | None:
    is_ours = (
        backend.get("kind", "Service") == "Service"
        and backend.get("namespace", metadata["namespace"]) == (metadata["namespace"])
    )
    return version_of_service(backend.get("name", ""), metadata["name"]) if is_ours else None
