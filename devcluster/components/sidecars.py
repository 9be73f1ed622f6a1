"""Sidecars as a production mesh has them: istiod signs their certificates and puts them into pods.

The webhook and what it puts in come from istiod's own chart. In a namespace with the label `istio-injection=enabled`,
each new pod gets one.
"""

from __future__ import annotations

import json
from typing import Any

from devcluster.components import containerd, istiod
from devcluster.components.base import Component, Site
from devcluster.components.resources import applied, kubectl, service_on_node

PROXY_IMAGE = "localhost/devcluster-proxy:dev"
INJECTOR = "sidecar-injector"

# The least that a sidecar is happy with: there are some, and few cores.
VALUES: dict[str, Any] = {
    "global": {
        "imagePullPolicy": "Never",
        "proxy": {
            "image": PROXY_IMAGE,
            "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "2", "memory": "256Mi"}},
        },
        "proxy_init": {"image": PROXY_IMAGE},
    }
}
TEMPLATES = ("templates/istiod-injector-configmap.yaml", "templates/mutatingwebhook.yaml")


def image(site: Site) -> Component:
    """One-shot: the node has the sidecars' image."""
    return containerd.image("proxy-image", site, site.proxy_archive)


def service(site: Site) -> Component:
    """One-shot: the name under which sidecars and the API server know istiod."""
    ports = {"grpc": (istiod.SECURE_PORT, istiod.SECURE_PORT), "webhook": (443, istiod.WEBHOOK_PORT)}
    return applied("istiod-service", site, service_on_node(site, istiod.NAME, ports), needs=("permissions",))


def injector(site: Site) -> Component:
    """One-shot: what is put into pods, and the webhook that does it; istiod adds its certificate to that."""
    values = site.paths.config / "injector.json"
    only = " ".join(f"--show-only={template}" for template in TEMPLATES)
    chart = f"{site.istio / 'chart'} --namespace={istiod.NAMESPACE} --values={values} {only}"
    lines = f"{site.program('helm')} template istiod {chart} | {kubectl(site, 'apply --server-side --filename=-')}"
    return Component(
        name=INJECTOR, command=("sh", "-ec", lines), files={values: json.dumps(VALUES)}, needs=("permissions",)
    )
