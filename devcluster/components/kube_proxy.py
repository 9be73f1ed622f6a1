"""kube-proxy: ClusterIPs by iptables."""

from __future__ import annotations

import yaml

from devcluster.components.base import NODE_NAME, Component, Site
from devcluster.pki import Identity
from devcluster.readiness import answers

NAME = "kube-proxy"
IDENTITY = Identity(NAME, user="system:kube-proxy")
HEALTH_PORT = 10256


def render_config(site: Site) -> str:
    return yaml.safe_dump(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": str(site.kubeconfig(NAME))},
            "mode": "iptables",
            "clusterCIDR": str(site.network.pod_cidr),
            "hostnameOverride": NODE_NAME,
            "healthzBindAddress": f"{site.node_address}:{HEALTH_PORT}",
            "metricsBindAddress": "127.0.0.1:10249",
            "oomScoreAdj": 0,
            # Zero leaves the host's connection tracking table as it is.
            "conntrack": {"maxPerCore": 0, "min": 0},
        },
        sort_keys=False,
    )


def component(site: Site) -> Component:
    config = site.paths.config / "kube-proxy.yaml"
    return Component(
        name=NAME,
        command=(site.program(NAME), f"--config={config}"),
        files={config: render_config(site)},
        ready=answers(f"http://{site.node_address}:{HEALTH_PORT}/healthz"),
        needs=("kube-apiserver",),
    )
