"""The patches of sidecars: limits by client, and 401 for requests without a token."""

from typing import Any

from bertrelease_operator.api.network import Network
from bertrelease_operator.render.envoy_filter import render_envoy_filter
from tests.unit.operator.render.samples import RELEASE

JWT = {"issuer": "https://login.example.org", "jwksUri": "https://login.example.org/keys"}
HTTP_CONNECTIONS = "envoy.filters.network.http_connection_manager"


def _patches(**network: Any) -> list[dict[str, Any]]:
    rendered = render_envoy_filter(RELEASE, Network.model_validate(network))
    assert rendered is not None
    patches: list[dict[str, Any]] = rendered["spec"]["configPatches"]
    return patches


def test_each_client_has_a_bucket_of_its_own_on_each_pod_and_hears_when_to_come_back() -> None:
    bucket = {"max_tokens": 30, "tokens_per_fill": 10, "fill_interval": "1s"}
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    assert _patches(rateLimit={"requestsPerSecond": 10, "burst": 30}) == [
        {
            "applyTo": "HTTP_FILTER",
            "match": {
                "context": "SIDECAR_INBOUND",
                "listener": {
                    "filterChain": {
                        "filter": {"name": HTTP_CONNECTIONS, "subFilter": {"name": "envoy.filters.http.router"}}
                    }
                },
            },
            "patch": {
                "operation": "INSERT_BEFORE",
                "value": {
                    "name": "envoy.filters.http.local_ratelimit",
                    "typed_config": {
                        "@type": (
                            "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
                        ),
                        "stat_prefix": "http_local_rate_limiter",
                        "filter_enabled": always,
                        "filter_enforced": always,
                        "token_bucket": bucket,
                        "always_consume_default_token_bucket": False,
                        "rate_limits": [{"actions": [{"remote_address": {}}]}],
                        "descriptors": [{"entries": [{"key": "remote_address"}], "token_bucket": bucket}],
                        "max_dynamic_descriptors": 4096,
                        "response_headers_to_add": [{"header": {"key": "retry-after", "value": "1"}}],
                    },
                },
            },
        }
    ]


def test_a_burst_is_a_second_s_worth_unless_said_otherwise() -> None:
    (patch,) = _patches(rateLimit={"requestsPerSecond": 7})
    assert patch["patch"]["value"]["typed_config"]["token_bucket"]["max_tokens"] == 7


def test_a_refusal_without_a_valid_token_becomes_401_with_a_challenge() -> None:
    (patch,) = _patches(jwt=JWT)
    assert (patch["applyTo"], patch["patch"]["operation"]) == ("NETWORK_FILTER", "MERGE")
    assert patch["match"] == {
        "context": "SIDECAR_INBOUND",
        "listener": {"filterChain": {"filter": {"name": HTTP_CONNECTIONS}}},
    }
    (mapper,) = patch["patch"]["value"]["typed_config"]["local_reply_config"]["mappers"]
    assert mapper["status_code"] == 401
    assert mapper["headers_to_add"] == [{"header": {"key": "www-authenticate", "value": "Bearer"}}]


def test_there_is_one_object_for_both() -> None:
    assert [patch["applyTo"] for patch in _patches(jwt=JWT, rateLimit={"requestsPerSecond": 1})] == [
        "HTTP_FILTER",
        "NETWORK_FILTER",
    ]
