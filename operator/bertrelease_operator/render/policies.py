"""All that tells the sidecars of a release's pods whom to serve, and what to report."""

from collections.abc import Callable, Mapping
from typing import Final

from bertrelease_operator.api.network import Network
from bertrelease_operator.render.access import (
    render_authorization_policy,
    render_peer_authentication,
    render_request_authentication,
)
from bertrelease_operator.render.envoy_filter import render_envoy_filter
from bertrelease_operator.render.metadata import KubeObject, Owner
from bertrelease_operator.render.telemetry import render_telemetry

# In the order of writing; deletions go the other way. Tokens are checked before they are asked for, or everybody would
# be refused in between.
_RENDERERS: Final[Mapping[str, Callable[[Owner, Network], KubeObject | None]]] = {
    "RequestAuthentication": render_request_authentication,
    "EnvoyFilter": render_envoy_filter,
    "PeerAuthentication": render_peer_authentication,
    "AuthorizationPolicy": render_authorization_policy,
    "Telemetry": render_telemetry,
}
POLICY_KINDS: Final = tuple(_RENDERERS)


def render_policies(release: Owner, network: Network) -> list[KubeObject]:
    """At most one of each kind, named after the release; none at all if nothing is asked for."""
    rendered = (render(release, network) for render in _RENDERERS.values())
    return [obj for obj in rendered if obj is not None]
