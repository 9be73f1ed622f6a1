"""kube-scheduler, alone and therefore without leader election."""

from __future__ import annotations

from devcluster.components.base import Component, Site
from devcluster.pki import Identity
from devcluster.readiness import listens

NAME = "kube-scheduler"
IDENTITY = Identity(NAME, user="system:kube-scheduler")
HEALTH_PORT = 10259


def component(site: Site) -> Component:
    kubeconfig = site.kubeconfig(NAME)
    return Component(
        name=NAME,
        command=(
            site.program(NAME),
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            "--bind-address=127.0.0.1",
            f"--secure-port={HEALTH_PORT}",
            "--leader-elect=false",
            "--profiling=false",
        ),
        ready=listens(HEALTH_PORT),
        needs=("kube-apiserver",),
    )
