"""Kubeconfigs of other people."""

from pathlib import Path

import yaml


def with_token(kubeconfig: Path, token: str, path: Path) -> Path:
    """The same cluster, as somebody else."""
    document = yaml.safe_load(kubeconfig.read_text())
    for user in document["users"]:
        user["user"] = {"token": token}
    path.write_text(yaml.safe_dump(document))
    return path
