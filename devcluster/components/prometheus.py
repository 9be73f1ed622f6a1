"""Prometheus: finds the pods that ask for it through the API server, and scrapes them every second."""

from __future__ import annotations

from typing import Any

import yaml

from devcluster.components.base import Component, Site
from devcluster.components.gateway import STATUS_PORT
from devcluster.pki import Identity
from devcluster.readiness import answers

NAME = "prometheus"
IDENTITY = Identity(NAME, user="devcluster:prometheus")
PORT = 9090
ANNOTATION = "__meta_kubernetes_pod_annotation_prometheus_io"


def render_config(site: Site) -> str:
    return yaml.safe_dump(
        {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "scrape_configs": [
                {
                    "job_name": "pods",
                    "kubernetes_sd_configs": [{"role": "pod", "kubeconfig_file": str(site.kubeconfig(NAME))}],
                    "relabel_configs": _pod_relabeling(),
                },
                {
                    "job_name": "gateway",
                    "metrics_path": "/stats/prometheus",
                    "static_configs": [{"targets": [f"{site.node_address}:{STATUS_PORT}"]}],
                },
            ],
        },
        sort_keys=False,
    )


def component(site: Site) -> Component:
    config = site.paths.config / "prometheus.yaml"
    return Component(
        name=NAME,
        command=(
            site.program("prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={site.paths.data / 'prometheus'}",
            "--storage.tsdb.retention.time=6h",
            f"--web.listen-address={site.node_address}:{PORT}",
            "--log.level=warn",
        ),
        files={config: render_config(site)},
        ready=answers(f"http://{site.node_address}:{PORT}/-/ready"),
        needs=("kube-apiserver", "permissions"),
    )


def _pod_relabeling() -> list[dict[str, Any]]:
    """The usual annotations prometheus.io/scrape, /port and /path; labels namespace, pod, and the pod's own."""
    return [
        {"source_labels": [f"{ANNOTATION}_scrape"], "regex": "true", "action": "keep"},
        {"source_labels": ["__meta_kubernetes_pod_phase"], "regex": "Running", "action": "keep"},
        {
            "source_labels": [f"{ANNOTATION}_path"],
            "regex": "(.+)",
            "target_label": "__metrics_path__",
        },
        # A pod yields one target per port that it declares; with the same address they fall into one.
        {
            "source_labels": ["__meta_kubernetes_pod_ip", f"{ANNOTATION}_port"],
            "separator": ":",
            "regex": r"(.+:\d+)",
            "target_label": "__address__",
        },
        {"regex": "__meta_kubernetes_pod_label_(.+)", "action": "labelmap"},
        {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
        {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
    ]
