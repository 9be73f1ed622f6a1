"""Services: one for each version, and the root one under the release's own name."""

from typing import Any, Final

from bertrelease_operator.api.names import HTTP_PORT_NAME, child_name, preview_name
from bertrelease_operator.api.network import Network
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.version import parse_version
from bertrelease_operator.render.metadata import (
    KubeObject,
    Owner,
    owned_metadata,
    pod_selector,
    release_labels,
    version_metadata,
)

CLUSTER_DOMAIN: Final = "cluster.local"


def service_host(name: str, namespace: str) -> str:
    """Full DNS name, because a short one means another Service in each namespace that reads it."""
    return f"{name}.{namespace}.svc.{CLUSTER_DOMAIN}"


def version_of_service(name: str, release: str) -> str | None:
    """`fill-mask-v1-2-0-3f2a9c1` -> `v1.2.0-3f2a9c1`, for release `fill-mask`; None for what is no version of it."""
    prefix = f"{release}-"
    if not name.startswith(prefix):
        return None
    major, *rest = name.removeprefix(prefix).split("-")
    version = "-".join([".".join([major, *rest[:2]]), *rest[2:]])
    try:
        parse_version(version)
    except ValueError:
        return None
    return version


def render_version_service(record: BertRevisionSpec, owner: Owner, network: Network) -> KubeObject:
    """Selects the pods of this version for ever, so that moving traffic changes no endpoints."""
    return _service(
        version_metadata(owner, record.release, record.version), pod_selector(record.release, record.version), network
    )


def render_root_service(release: Owner, version: str, network: Network) -> KubeObject:
    """Selects the pods of the stable `version`, for clients that no proxy routes."""
    metadata = owned_metadata(release, release.name, release_labels(release.name))
    return _service(metadata, pod_selector(release.name, version), network)


def render_preview_service(release: Owner, version: str, network: Network) -> KubeObject:
    """Selects the pods of a candidate `version` that users do not see yet; there only as long as it is on its way."""
    metadata = owned_metadata(release, preview_name(release.name), release_labels(release.name))
    return _service(metadata, pod_selector(release.name, version), network)


def _service(metadata: dict[str, Any], selector: dict[str, str], network: Network) -> KubeObject:
    port = {
        "name": HTTP_PORT_NAME,
        "port": network.port,
        "targetPort": HTTP_PORT_NAME,
        "protocol": "TCP",
        "appProtocol": "http",
    }
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"type": "ClusterIP", "selector": selector, "ports": [port]},
    }


def service_url(namespace: str, release: str, version: str, port: int) -> str:
    """Base URL of the version's own Service, from inside the cluster."""
    return f"http://{service_host(child_name(release, version), namespace)}:{port}"
