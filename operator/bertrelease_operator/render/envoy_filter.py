"""What Istio has no field for, as patches of the sidecars' configuration: limits by client, and 401 without a token.

In one object, because objects are named after their release and one name can be had once.
"""

from typing import Any, Final

from bertrelease_operator.api.names import LABEL_RELEASE
from bertrelease_operator.api.network import Network, RateLimit
from bertrelease_operator.render.metadata import KubeObject, Owner, owned_metadata, release_labels

_HTTP_CONNECTIONS: Final = "envoy.filters.network.http_connection_manager"
_TYPES: Final = "type.googleapis.com/envoy.extensions.filters"
# How many clients a pod tells apart; of more, those that were away longest begin anew.
_MAX_CLIENTS: Final = 4096
_ALWAYS: Final = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
_CLIENT: Final = "remote_address"


def render_envoy_filter(release: Owner, network: Network) -> KubeObject | None:
    """None if there is nothing to patch."""
    patches = []
    if network.rate_limit is not None:
        patches.append(_rate_limit(network.rate_limit))
    if network.jwt is not None:
        patches.append(_unauthorized_without_token())
    if not patches:
        return None
    return {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": owned_metadata(release, release.name, release_labels(release.name)),
        "spec": {"workloadSelector": {"labels": {LABEL_RELEASE: release.name}}, "configPatches": patches},
    }


def _rate_limit(limit: RateLimit) -> dict[str, Any]:
    """The last filter before the router: who is refused anyway takes nothing from those behind the same address."""
    bucket = {
        "max_tokens": limit.burst or limit.requests_per_second,
        "tokens_per_fill": limit.requests_per_second,
        "fill_interval": "1s",
    }
    value = {
        "@type": f"{_TYPES}.http.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "http_local_rate_limiter",
        "filter_enabled": _ALWAYS,
        "filter_enforced": _ALWAYS,
        # An address always matches the descriptor, whose bucket is the client's own; the other one is never used.
        "token_bucket": bucket,
        "always_consume_default_token_bucket": False,
        "rate_limits": [{"actions": [{_CLIENT: {}}]}],
        "descriptors": [{"entries": [{"key": _CLIENT}], "token_bucket": bucket}],
        "max_dynamic_descriptors": _MAX_CLIENTS,
        # At one request a second or more there is a token again by then.
        "response_headers_to_add": [{"header": {"key": "retry-after", "value": "1"}}],
    }
    return {
        "applyTo": "HTTP_FILTER",
        "match": _inbound({"subFilter": {"name": "envoy.filters.http.router"}}),
        "patch": {
            "operation": "INSERT_BEFORE",
            "value": {"name": "envoy.filters.http.local_ratelimit", "typed_config": value},
        },
    }


def _unauthorized_without_token() -> dict[str, Any]:
    """To Istio, a request without a token is merely not allowed, 403. HTTP's word for it is 401 with a challenge.

    What the token filter has found valid leaves its payload behind; so 403 without that means that there was none.
    """
    validated = {
        "filter": "envoy.filters.http.jwt_authn",
        "path": [{"key": "payload"}],
        # A payload is never null: what is there does not match, and what is not there counts as a match. `invert`
        # would say it better, but this filter of Envoy does not read it.
        "value": {"null_match": {}},
    }
    refused = {"comparison": {"op": "EQ", "value": {"default_value": 403, "runtime_key": "bertrelease.refused"}}}
    without_token = {
        "and_filter": {
            "filters": [
                {"status_code_filter": refused},
                {"metadata_filter": {"matcher": validated, "match_if_key_not_found": True}},
            ]
        }
    }
    mapper = {
        "filter": without_token,
        "status_code": 401,
        "headers_to_add": [{"header": {"key": "www-authenticate", "value": "Bearer"}}],
    }
    return {
        "applyTo": "NETWORK_FILTER",
        "match": _inbound({}),
        "patch": {
            "operation": "MERGE",
            "value": {
                "typed_config": {
                    "@type": f"{_TYPES}.network.http_connection_manager.v3.HttpConnectionManager",
                    "local_reply_config": {"mappers": [mapper]},
                }
            },
        },
    }


def _inbound(within: dict[str, Any]) -> dict[str, Any]:
    """Matches the HTTP filter of connections to a sidecar's own pod, and `within` that."""
    return {
        "context": "SIDECAR_INBOUND",
        "listener": {"filterChain": {"filter": {"name": _HTTP_CONNECTIONS, **within}}},
    }
