"""The patches of an EnvoyFilter in a real Envoy, between filters like those that istiod makes of our policies."""

from collections.abc import Iterator
from typing import Any

import pytest

from bertrelease_operator.api.network import Network
from bertrelease_operator.render.envoy_filter import render_envoy_filter
from tests.integration.local_envoy import LocalEnvoy, running_envoy
from tests.support.tokens import ISSUER, KEYS, token
from tests.unit.operator.render.samples import RELEASE

BURST = 5
HTTP_FILTERS = "type.googleapis.com/envoy.extensions.filters.http"
ROUTER = {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{HTTP_FILTERS}.router.v3.Router"}}


NETWORK = Network.model_validate(
    {"jwt": {"issuer": ISSUER, "jwks": KEYS}, "rateLimit": {"requestsPerSecond": 1, "burst": BURST}}
)


def _request(brought: str | None = None, caller: str = "allowed") -> dict[str, str]:
    """Headers; `x-caller` stands for the identity that mutual TLS would prove."""
    return {"x-caller": caller, **({"authorization": f"Bearer {brought}"} if brought is not None else {})}


def _tokens() -> dict[str, Any]:
    """As of a RequestAuthentication: wrong tokens are refused, and missing ones are not."""
    provider = {"issuer": ISSUER, "local_jwks": {"inline_string": KEYS}, "payload_in_metadata": "payload"}
    either = {"requirements": [{"provider_name": "origins-0"}, {"allow_missing": {}}]}
    return {
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": f"{HTTP_FILTERS}.jwt_authn.v3.JwtAuthentication",
            "providers": {"origins-0": provider},
            "rules": [{"match": {"prefix": "/"}, "requires": {"requires_any": either}}],
        },
    }


def _callers() -> dict[str, Any]:
    """As of an AuthorizationPolicy: a caller and a token, or 403."""
    token = {
        "filter": "envoy.filters.http.jwt_authn",
        "path": [{"key": "payload"}, {"key": "iss"}],
        "value": {"string_match": {"exact": ISSUER}},
    }
    caller = {"name": "x-caller", "string_match": {"exact": "allowed"}}
    principal = {"and_ids": {"ids": [{"metadata": token}, {"header": caller}]}}
    policy = {"permissions": [{"any": True}], "principals": [principal]}
    return {
        "name": "envoy.filters.http.rbac",
        "typed_config": {
            "@type": f"{HTTP_FILTERS}.rbac.v3.RBAC",
            "rules": {"action": "ALLOW", "policies": {"callers": policy}},
        },
    }


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEnvoy]:
    rendered = render_envoy_filter(RELEASE, NETWORK)
    assert rendered is not None
    limit, without_token = (patch["patch"]["value"] for patch in rendered["spec"]["configPatches"])
    manager = {**without_token["typed_config"], "http_filters": [_tokens(), _callers(), limit, ROUTER]}
    with running_envoy(manager, tmp_path_factory.mktemp("envoy")) as envoy:
        yield envoy


def test_a_caller_with_a_token_is_served(envoy: LocalEnvoy) -> None:
    assert envoy.get(headers=_request(token()))[0] == 200


@pytest.mark.parametrize("brought", [None, token(secret=b"somebody else's"), "no.token.atall"])
def test_no_token_and_a_wrong_one_are_unauthorized_and_challenged(envoy: LocalEnvoy, brought: str | None) -> None:
    status, headers = envoy.get(headers=_request(brought))
    assert status == 401
    assert headers["www-authenticate"].startswith("Bearer")


def test_who_is_not_allowed_in_spite_of_a_token_is_forbidden(envoy: LocalEnvoy) -> None:
    status, headers = envoy.get(headers=_request(token(), caller="another"))
    assert status == 403
    assert "www-authenticate" not in headers


def test_what_the_server_itself_forbids_stays_forbidden(envoy: LocalEnvoy) -> None:
    assert envoy.get("/403", headers=_request(token()))[0] == 403


def test_a_client_that_asks_too_fast_is_told_when_to_come_back_and_others_are_served(envoy: LocalEnvoy) -> None:
    fast = [envoy.get(client="127.0.0.2", headers=_request(token())) for _ in range(10 * BURST)]
    statuses = [status for status, _ in fast]
    assert statuses[:BURST] == [200] * BURST
    assert set(statuses) == {200, 429}
    assert next(headers["retry-after"] for status, headers in fast if status == 429) == "1"
    assert envoy.get(client="127.0.0.3", headers=_request(token()))[0] == 200


def test_requests_that_are_refused_take_nothing_from_those_that_are_not(envoy: LocalEnvoy) -> None:
    for _ in range(2 * BURST):
        assert envoy.get(client="127.0.0.4", headers=_request())[0] == 401
    assert envoy.get(client="127.0.0.4", headers=_request(token()))[0] == 200
