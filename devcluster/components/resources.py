"""What is applied to every cluster: permissions of the add-ons, Istio's CRDs, and the gateway's service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from devcluster.components import coredns, gateway, istiod, prometheus
from devcluster.components.base import ADMIN, Component, Site

READ = ["get", "list", "watch"]
WRITE = [*READ, "create", "update", "patch", "delete"]
GATEWAY_API_GROUP = "gateway.networking.k8s.io"
ISTIO_GROUPS = [f"{name}.istio.io" for name in ("networking", "security", "telemetry", "extensions")]


def permissions(site: Site) -> Component:
    objects: list[Mapping[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": istiod.NAMESPACE}},
        *_granted(coredns.IDENTITY.user, [_rule(["namespaces", "services", "pods"], READ), _slices()]),
        *_granted(prometheus.IDENTITY.user, [_rule(["namespaces", "services", "pods", "nodes"], READ)]),
        *_granted(istiod.IDENTITY.user, _istiod_rules()),
    ]
    return applied("permissions", site, objects, needs=("kube-apiserver",))


def istio_crds(site: Site) -> Component:
    """One-shot: the CRDs are there and served."""
    manifests = site.istio / "crds.yaml"
    return _crds("istio-crds", site, manifests, f"--filename={manifests}")


def gateway_api_crds(site: Site) -> Component:
    """One-shot: those of the Kubernetes Gateway API are there, and those that are used here are served."""
    used = " ".join(f"crd/{plural}.{GATEWAY_API_GROUP}" for plural in ("gatewayclasses", "gateways", "httproutes"))
    return _crds("gateway-api-crds", site, site.istio / "gateway-api", used)


def _crds(name: str, site: Site, manifests: Path, awaited: str) -> Component:
    apply = kubectl(site, f"apply --server-side --filename={manifests}")
    wait = kubectl(site, f"wait --for=condition=Established --timeout=30s {awaited}")
    return Component(name=name, command=("sh", "-ec", f"{apply}\n{wait}"), needs=("kube-apiserver",))


def gateway_service(site: Site) -> Component:
    """One-shot: a Service before the gateway's Envoy, for pods, and a Gateway for everybody's routes."""
    objects: list[Mapping[str, Any]] = [
        # No pod has the labels, but the Envoy says that it has: istiod so knows which gateway is meant by the Service.
        *service_on_node(
            site, gateway.WORKLOAD, {"http": (gateway.HTTP_PORT, gateway.HTTP_PORT)}, selector=gateway.LABELS
        ),
        {
            "apiVersion": "networking.istio.io/v1",
            "kind": "Gateway",
            "metadata": {"name": "public", "namespace": istiod.NAMESPACE},
            "spec": {
                "selector": gateway.LABELS,
                "servers": [
                    {
                        "port": {"number": gateway.HTTP_PORT, "name": "http", "protocol": "HTTP"},
                        "hosts": ["*"],
                    }
                ],
            },
        },
    ]
    return applied("gateway-service", site, objects, needs=("istio-crds", "permissions"))


def service_on_node(
    site: Site, name: str, ports: Mapping[str, tuple[int, int]], selector: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """A Service of the mesh before a program on the node; `ports` are the Service's and the program's, by name."""
    metadata = {"name": name, "namespace": istiod.NAMESPACE}
    listed = [{"name": key, "port": port, "targetPort": target} for key, (port, target) in ports.items()]
    spec = {"ports": listed, **({"selector": dict(selector)} if selector else {})}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": metadata | {"labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "ports": [{"name": key, "port": target, "protocol": "TCP"} for key, (_, target) in ports.items()],
            "endpoints": [{"addresses": [site.node_address], "conditions": {"ready": True}}],
        },
    ]


def applied(name: str, site: Site, objects: Iterable[Mapping[str, Any]], *, needs: tuple[str, ...]) -> Component:
    manifest = site.paths.config / f"{name}.yaml"
    return Component(
        name=name,
        command=("sh", "-ec", kubectl(site, f"apply --server-side --filename={manifest}")),
        files={manifest: yaml.safe_dump_all(objects, sort_keys=False)},
        needs=needs,
    )


def kubectl(site: Site, words: str) -> str:
    """The line of a shell."""
    kubeconfig: Path = site.kubeconfig(ADMIN)
    return f"{site.program('kubectl')} --kubeconfig={kubeconfig} {words}"


def _granted(user: str, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    group = "rbac.authorization.k8s.io"
    metadata = {"name": user}
    return [
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": user},
            "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
        },
    ]


def _istiod_rules() -> list[dict[str, Any]]:
    core = ["namespaces", "nodes", "pods", "services", "endpoints", "secrets", "serviceaccounts"]
    return [
        _rule(core, READ),
        _rule(["configmaps", "secrets"], WRITE),
        _slices(),
        _rule(["*"], READ, *ISTIO_GROUPS),
        _rule(["*/status"], ["update", "patch"], *ISTIO_GROUPS),
        _rule(["customresourcedefinitions"], READ, "apiextensions.k8s.io"),
        _rule(["ingresses", "ingressclasses"], READ, "networking.k8s.io"),
        _rule(["mutatingwebhookconfigurations"], [*READ, "update", "patch"], "admissionregistration.k8s.io"),
        _rule(["validatingwebhookconfigurations"], READ, "admissionregistration.k8s.io"),
        _rule(["*"], READ, GATEWAY_API_GROUP),
        _rule(["*/status"], ["update", "patch"], GATEWAY_API_GROUP),
        _rule(["gatewayclasses"], WRITE, GATEWAY_API_GROUP),
        _rule(["leases"], WRITE, "coordination.k8s.io"),
        _rule(["tokenreviews"], ["create"], "authentication.k8s.io"),
        _rule(["subjectaccessreviews"], ["create"], "authorization.k8s.io"),
    ]


def _slices() -> dict[str, Any]:
    return _rule(["endpointslices"], READ, "discovery.k8s.io")


def _rule(resources: list[str], verbs: list[str], *groups: str) -> dict[str, Any]:
    return {"apiGroups": list(groups) or [""], "resources": resources, "verbs": verbs}
