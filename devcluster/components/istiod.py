"""istiod: turns Istio's resources into Envoy's configuration, at its default pace."""

from __future__ import annotations

import yaml

from devcluster.components.base import CLUSTER_DOMAIN, Component, Site
from devcluster.pki import Identity
from devcluster.readiness import answers

NAME = "istiod"
IDENTITY = Identity(NAME, user="devcluster:istiod")
NAMESPACE = "istio-system"
DISCOVERY_PORT = 15010
HTTP_PORT = 15080

ENVIRONMENT = {
    "POD_NAME": NAME,
    "POD_NAMESPACE": NAMESPACE,
    "CLUSTER_ID": "Kubernetes",
    # Both emit filters that only Istio's own build of Envoy knows.
    "PILOT_ENABLE_METADATA_EXCHANGE": "false",
    "PILOT_ENABLE_ALPN_FILTER": "false",
    # There is one istiod, and there are no Gateway API resources, sidecars or injected pods.
    "ENABLE_LEADER_ELECTION": "false",
    "PILOT_ENABLE_GATEWAY_API": "false",
    "INJECT_ENABLED": "false",
}


def render_mesh_config() -> str:
    # With automatic mTLS on, clusters would wait for certificates, which a gateway without SDS never gets.
    return yaml.safe_dump({"enableAutoMtls": False, "rootNamespace": NAMESPACE, "trustDomain": CLUSTER_DOMAIN})


def component(site: Site) -> Component:
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
            "--secureGRPCAddr=",
            "--httpsAddr=",
            f"--httpAddr={site.node_address}:{HTTP_PORT}",
            f"--monitoringAddr={site.node_address}:15014",
            "--shutdownDuration=1s",
            "--log_output_level=default:warn",
        ),
        files={mesh_config: render_mesh_config(), networks: "networks: {}\n"},
        env=ENVIRONMENT,
        ready=answers(f"http://{site.node_address}:{HTTP_PORT}/ready"),
        needs=("kube-apiserver", "istio-crds", "permissions"),
    )
