"""kubelet: the one node of the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from devcluster import cgroups
from devcluster.components import containerd
from devcluster.components.base import CLUSTER_DOMAIN, NODE_NAME, Component, Site
from devcluster.pki import Identity

NAME = "kubelet"


def identities(site: Site) -> tuple[Identity, ...]:
    return (Identity(NAME, user=f"system:node:{NODE_NAME}", group="system:nodes", names=(site.node_address,)),)


def render_config(site: Site) -> str:
    pki = site.pki
    return yaml.safe_dump(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(pki.ca)},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": str(pki.certificate(NAME)),
            "tlsPrivateKeyFile": str(pki.key(NAME)),
            "containerRuntimeEndpoint": f"unix://{containerd.SOCKET}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{cgroups.group_name(site.name)}",
            # Version 1 is on its way out upstream, yet it is what some machines have.
            "failCgroupV1": False,
            "failSwapOn": False,
            "enforceNodeAllocatable": [],
            # The disk is shared with whatever else the machine does: never evict or delete images for it.
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
            "imageGCHighThresholdPercent": 100,
            "serializeImagePulls": False,
            "clusterDomain": CLUSTER_DOMAIN,
            "clusterDNS": [site.node_address],
            "resolvConf": str(_resolv_conf(site)),
            "oomScoreAdj": 0,
            "volumePluginDir": str(site.paths.data / "volume-plugins"),
            # Fewer idle looks at every pod; probes and the start of pods do not depend on it.
            "nodeStatusUpdateFrequency": "20s",
        },
        sort_keys=False,
    )


def _resolv_conf(site: Site) -> Any:
    return site.paths.config / "resolv.conf"


def component(site: Site) -> Component:
    config = site.paths.config / "kubelet.yaml"
    return Component(
        name=NAME,
        command=(
            site.program(NAME),
            f"--kubeconfig={site.kubeconfig(NAME)}",
            f"--config={config}",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={site.node_address}",
        ),
        files={
            config: render_config(site),
            # Pods with dnsPolicy Default get the same server: there is no other world to resolve.
            _resolv_conf(site): f"nameserver {site.node_address}\n",
        },
        ready=site.api_shows(f"/api/v1/nodes/{NODE_NAME}", node_is_ready),
        needs=("kube-apiserver", containerd.NAME, "pause-image"),
    )


def node_is_ready(node: Mapping[str, Any]) -> str | None:
    """Readiness by the node's Ready condition; else the node's own words."""
    for condition in node.get("status", {}).get("conditions", []):
        if condition["type"] == "Ready":
            return None if condition["status"] == "True" else f"node {NODE_NAME}: {condition['message']}"
    return f"node {NODE_NAME} to report"
