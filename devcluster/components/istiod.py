"""istiod: turns Istio's resources into Envoy's configuration, at its default pace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from devcluster.components.base import CLUSTER_DOMAIN, Component, Site
from devcluster.pki import Identity
from devcluster.readiness import Readiness, answers

NAME = "istiod"
IDENTITY = Identity(NAME, user="devcluster:istiod")
NAMESPACE = "istio-system"
DISCOVERY_PORT = 15010
SECURE_PORT = 15012
WEBHOOK_PORT = 15017
HTTP_PORT = 15080
WEBHOOK = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector"

ENVIRONMENT = {
    "POD_NAME": NAME,
    "POD_NAMESPACE": NAMESPACE,
    "CLUSTER_ID": "Kubernetes",
    # Both emit filters that only Istio's own build of Envoy knows.
    "PILOT_ENABLE_METADATA_EXCHANGE": "false",
    "PILOT_ENABLE_ALPN_FILTER": "false",
    # There is one istiod, and gateways are no pods that it would have to make.
    "ENABLE_LEADER_ELECTION": "false",
    "PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER": "false",
}


def render_mesh_config(settings: Mapping[str, Any]) -> str:
    return yaml.safe_dump({"rootNamespace": NAMESPACE, "trustDomain": CLUSTER_DOMAIN, **settings})


def component(site: Site) -> Component:
    """For a gateway that takes its configuration in plaintext, and no sidecars."""
    # With automatic mTLS on, clusters would wait for certificates, which a gateway without SDS never gets.
    return _component(
        site,
        mesh={"enableAutoMtls": False},
        options=("--secureGRPCAddr=", "--httpsAddr="),
        env={"INJECT_ENABLED": "false"},
        ready=answers(f"http://{site.node_address}:{HTTP_PORT}/ready"),
    )


def component_for_sidecars(site: Site) -> Component:
    """Signs sidecars' certificates, and puts sidecars into pods."""
    discovery = {"discoveryAddress": f"{NAME}.{NAMESPACE}.svc:{SECURE_PORT}"}
    return _component(
        site,
        mesh={"enableAutoMtls": True, "defaultConfig": discovery},
        options=(
            f"--secureGRPCAddr={site.node_address}:{SECURE_PORT}",
            f"--httpsAddr={site.node_address}:{WEBHOOK_PORT}",
        ),
        # The chart's name for the only istiod; it certifies the webhook of no other.
        env={"REVISION": "default"},
        ready=site.api_shows(WEBHOOK, webhook_is_trusted),
        needs=("sidecar-injector", "istiod-service", "coredns"),
    )


def webhook_is_trusted(configuration: Mapping[str, Any]) -> str | None:
    """Readiness by the certificate that istiod gives the webhook last of all."""
    webhooks = configuration.get("webhooks", [])
    trusted = webhooks and all(webhook["clientConfig"].get("caBundle") for webhook in webhooks)
    return None if trusted else "istiod to certify its webhook"


def _component(
    site: Site,
    *,
    mesh: Mapping[str, Any],
    options: tuple[str, ...],
    env: Mapping[str, str],
    ready: Readiness,
    needs: tuple[str, ...] = (),
) -> Component:
    mesh_config = site.paths.config / "mesh.yaml"
    networks = site.paths.config / "mesh-networks.yaml"
    return Component(
        name=NAME,
        command=(
            site.program("pilot-discovery"),
            "discovery",
            f"--kubeconfig={site.kubeconfig(NAME)}",
            f"--meshConfig={mesh_config}",
            f"--networksConfig={networks}",
            f"--namespace={NAMESPACE}",
            f"--domain={CLUSTER_DOMAIN}",
            f"--grpcAddr=127.0.0.1:{DISCOVERY_PORT}",
            f"--httpAddr={site.node_address}:{HTTP_PORT}",
            f"--monitoringAddr={site.node_address}:15014",
            *options,
            "--shutdownDuration=1s",
            "--log_output_level=default:warn",
        ),
        files={mesh_config: render_mesh_config(mesh), networks: "networks: {}\n"},
        env={**ENVIRONMENT, **env},
        ready=ready,
        needs=("kube-apiserver", "istio-crds", "gateway-api-crds", "permissions", *needs),
    )
