"""Who may call: mutual TLS, callers by their identity, and tokens. For the sidecars of all of a release's pods.

All versions alike, because who may call must not depend on where the traffic is.
"""

from typing import Any, Final

from bertrelease_operator.api.names import LABEL_RELEASE, METRICS_PORT
from bertrelease_operator.api.network import Caller, Jwt, MutualTls, Network
from bertrelease_operator.render.metadata import KubeObject, Owner, owned_metadata, release_labels, without_empty

_API_VERSION: Final = "security.istio.io/v1"
# In policies this stands for the mesh's own trust domain, whatever that is called.
_TRUST_DOMAIN: Final = "cluster.local"


def render_peer_authentication(release: Owner, network: Network) -> KubeObject | None:
    """None where the mesh's own setting holds."""
    if network.mtls is None:
        return None
    mode: dict[str, Any] = {"mtls": {"mode": network.mtls.value}}
    if network.mtls is MutualTls.STRICT:
        # Who scrapes has no identity in the mesh. Sidecars leave the port alone, unless an annotation says otherwise.
        mode["portLevelMtls"] = {str(METRICS_PORT): {"mode": MutualTls.PERMISSIVE.value}}
    return _policy("PeerAuthentication", release, mode)


def render_request_authentication(release: Owner, network: Network) -> KubeObject | None:
    """Refuses tokens that are not the issuer's; requests without any are the AuthorizationPolicy's business."""
    if network.jwt is None:
        return None
    rule = {
        "issuer": network.jwt.issuer,
        "jwksUri": network.jwt.jwks_uri,
        "jwks": network.jwt.jwks,
        "audiences": sorted(network.jwt.audiences),
    }
    return _policy("RequestAuthentication", release, {"jwtRules": [without_empty(rule)]})


def render_authorization_policy(release: Owner, network: Network, operator: Caller | None = None) -> KubeObject | None:
    """Allows the callers, with a token if one is asked for, and nobody else. None where everybody may call.

    The `operator` needs no token: what it asks of a version before users do, it asks for the release.
    """
    if not network.callers and network.jwt is None:
        return None
    sources = _sources(network.callers, network.jwt) + (_sources([operator], None) if operator is not None else [])
    rules: list[dict[str, Any]] = [
        {"from": [{"source": source} for source in sources]},
        # No answers to users there; see `render_peer_authentication`.
        {"to": [{"operation": {"ports": [str(METRICS_PORT)]}}]},
    ]
    return _policy("AuthorizationPolicy", release, {"action": "ALLOW", "rules": rules})


def _sources(callers: list[Caller], jwt: Jwt | None) -> list[dict[str, list[str]]]:
    """Any of them is enough; within one, everything must hold."""
    principals = {principal for caller in callers if (principal := _principal(caller)) is not None}
    namespaces = {caller.namespace for caller in callers if caller.namespace and caller.service_account is None}
    token = {"requestPrincipals": [f"{jwt.issuer}/*"]} if jwt is not None else {}
    identities = [{"principals": sorted(principals)}, {"namespaces": sorted(namespaces)}]
    named = [identity for identity in identities if any(identity.values())]
    return [{**identity, **token} for identity in named or [{}]]


def _principal(caller: Caller) -> str | None:
    if caller.principal is not None:
        return caller.principal
    if caller.service_account is not None:
        return f"{_TRUST_DOMAIN}/ns/{caller.namespace}/sa/{caller.service_account}"
    return None


def _policy(kind: str, release: Owner, spec: dict[str, Any]) -> KubeObject:
    return {
        "apiVersion": _API_VERSION,
        "kind": kind,
        "metadata": owned_metadata(release, release.name, release_labels(release.name)),
        "spec": {"selector": {"matchLabels": {LABEL_RELEASE: release.name}}, **spec},
    }
