"""All that tells the sidecars of a release's pods whom to serve, and what to report."""

from typing import Final

from bertrelease_operator.api.network import Caller, Network
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
POLICY_KINDS: Final = ("RequestAuthentication", "EnvoyFilter", "PeerAuthentication", "AuthorizationPolicy", "Telemetry")


def render_policies(release: Owner, network: Network, operator: Caller | None = None) -> list[KubeObject]:
    """At most one of each kind, named after the release; none at all if nothing is asked for.

    `operator` is who the operator is in the mesh, None if it is not in it.
    """
    rendered = (
        render_request_authentication(release, network),
        render_envoy_filter(release, network),
        render_peer_authentication(release, network),
        render_authorization_policy(release, network, operator),
        render_telemetry(release, network),
    )
    return [obj for obj in rendered if obj is not None]
