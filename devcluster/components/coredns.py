"""CoreDNS on the node's address: the cluster's names, and nothing else exists."""

from __future__ import annotations

from devcluster.components.base import CLUSTER_DOMAIN, Component, Site
from devcluster.pki import Identity
from devcluster.readiness import answers

NAME = "coredns"
IDENTITY = Identity(NAME, user="devcluster:coredns")
READY_PORT = 8181


def render_config(site: Site) -> str:
    return f"""\
{CLUSTER_DOMAIN} in-addr.arpa {{
    bind {site.node_address}
    errors
    ready {site.node_address}:{READY_PORT}
    kubernetes {CLUSTER_DOMAIN} in-addr.arpa {{
        kubeconfig {site.kubeconfig(NAME)}
        ttl 5
    }}
}}
# A quick no for names outside, rather than a wait for a server that no pod can reach. In a block of its
# own: within one block, `template` would answer before `kubernetes` is asked.
. {{
    bind {site.node_address}
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""


def component(site: Site) -> Component:
    config = site.paths.config / "Corefile"
    return Component(
        name=NAME,
        command=(site.program("coredns"), f"-conf={config}"),
        files={config: render_config(site)},
        ready=answers(f"http://{site.node_address}:{READY_PORT}/ready"),
        needs=("kube-apiserver", "permissions"),
    )
