"""kube-apiserver, with certificates of the cluster's own authority and RBAC on."""

from __future__ import annotations

from devcluster.components import etcd
from devcluster.components.base import API_SERVER_PORT, CLUSTER_DOMAIN, Component, Site
from devcluster.pki import Identity
from devcluster.readiness import answers

NAME = "kube-apiserver"
KUBELET_CLIENT = "kube-apiserver-kubelet-client"
FRONT_PROXY_CLIENT = "front-proxy-client"


def identities(site: Site) -> tuple[Identity, ...]:
    service = "kubernetes.default.svc"
    names = (
        site.node_address,
        str(site.network.kubernetes_service_address),
        "127.0.0.1",
        "localhost",
        "kubernetes",
        "kubernetes.default",
        service,
        f"{service}.{CLUSTER_DOMAIN}",
    )
    return (
        Identity(NAME, user=NAME, names=names),
        Identity(FRONT_PROXY_CLIENT, user=FRONT_PROXY_CLIENT),
        Identity(KUBELET_CLIENT, user=KUBELET_CLIENT, group="system:masters"),
    )


def component(site: Site) -> Component:
    pki = site.pki
    return Component(
        name=NAME,
        command=(
            site.program(NAME),
            f"--etcd-servers={etcd.URL}",
            f"--advertise-address={site.node_address}",
            "--bind-address=0.0.0.0",
            f"--secure-port={API_SERVER_PORT}",
            f"--tls-cert-file={pki.certificate(NAME)}",
            f"--tls-private-key-file={pki.key(NAME)}",
            f"--client-ca-file={pki.ca}",
            f"--kubelet-certificate-authority={pki.ca}",
            f"--kubelet-client-certificate={pki.certificate(KUBELET_CLIENT)}",
            f"--kubelet-client-key={pki.key(KUBELET_CLIENT)}",
            # For API servers that extend this one, such as metrics-server.
            f"--requestheader-client-ca-file={pki.ca}",
            f"--requestheader-allowed-names={FRONT_PROXY_CLIENT}",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={pki.certificate(FRONT_PROXY_CLIENT)}",
            f"--proxy-client-key-file={pki.key(FRONT_PROXY_CLIENT)}",
            "--kubelet-preferred-address-types=InternalIP",
            f"--service-account-issuer=https://kubernetes.default.svc.{CLUSTER_DOMAIN}",
            f"--service-account-key-file={pki.service_account_public_key}",
            f"--service-account-signing-key-file={pki.service_account_key}",
            f"--service-cluster-ip-range={site.network.service_cidr}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            "--profiling=false",
        ),
        ready=answers(f"{site.api_url}/readyz", ca=pki.ca),
        needs=("etcd",),
    )
