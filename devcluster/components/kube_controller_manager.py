"""kube-controller-manager: all default controllers, alone and therefore without leader election."""

from __future__ import annotations

from devcluster.components.base import Component, Site
from devcluster.pki import Identity

NAME = "kube-controller-manager"
IDENTITY = Identity(NAME, user="system:kube-controller-manager")


def component(site: Site) -> Component:
    pki, kubeconfig = site.pki, site.kubeconfig(NAME)
    return Component(
        name=NAME,
        command=(
            site.program(NAME),
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            "--bind-address=127.0.0.1",
            f"--root-ca-file={pki.ca}",
            f"--service-account-private-key-file={pki.service_account_key}",
            f"--cluster-signing-cert-file={pki.ca}",
            f"--cluster-signing-key-file={pki.key('ca')}",
            "--use-service-account-credentials=true",
            "--leader-elect=false",
            # The default 20 writes per second would be the bottleneck of tests with a thousand objects.
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            "--profiling=false",
        ),
        # Pods are refused until their namespace has this account, so nothing is usable before.
        ready=site.api_shows("/api/v1/namespaces/default/serviceaccounts/default", lambda _: None),
        needs=("kube-apiserver",),
    )
