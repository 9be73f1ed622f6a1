"""Kubeconfig files."""

from __future__ import annotations

import base64
from pathlib import Path

import yaml

from devcluster.pki import Pki


def render(*, cluster: str, server: str, pki: Pki, identity: str) -> str:
    """A kubeconfig for one identity with all its credentials inside, so that the file can be copied away."""
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": cluster,
            "clusters": [
                {"name": cluster, "cluster": {"server": server, "certificate-authority-data": _encoded(pki.ca)}}
            ],
            "users": [
                {
                    "name": identity,
                    "user": {
                        "client-certificate-data": _encoded(pki.certificate(identity)),
                        "client-key-data": _encoded(pki.key(identity)),
                    },
                }
            ],
            "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": identity}}],
        },
        sort_keys=False,
    )


def _encoded(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
