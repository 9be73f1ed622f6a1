"""Installs the operator as its users do: with the Helm chart."""

import json
from pathlib import Path
from typing import Any, Final

from devcluster import Cluster

ROOT: Final = Path(__file__).resolve().parent.parent
OPERATOR_NAMESPACE: Final = "bertrelease-system"
OPERATOR_REPOSITORY: Final = "localhost/bertrelease-operator"
OPERATOR_TAG: Final = "dev"
_RELEASE: Final = "bertrelease"


def install_operator(cluster: Cluster, build: str, replicas: int = 1, **further: Any) -> None:
    """Installs or upgrades it and waits until it is ready; its image must be on the node.

    `build` says which build of the image that is: another one replaces the pods, although the tag is the same.
    `further` are values of the chart.
    """
    values = {
        "podAnnotations": {"bertrelease.io/build": build},
        "image": {"repository": OPERATOR_REPOSITORY, "tag": OPERATOR_TAG, "pullPolicy": "Never"},
        "replicas": replicas,
        **further,
    }
    arguments = ["--namespace", OPERATOR_NAMESPACE, "--create-namespace", "--wait", "--timeout", "2m"]
    sets = [option for key, value in values.items() for option in ("--set-json", f"{key}={json.dumps(value)}")]
    cluster.helm("upgrade", "--install", _RELEASE, str(ROOT / "charts" / "bertrelease"), *arguments, *sets)


def operator_pods(cluster: Cluster) -> list[str]:
    """Names of the operator's pods."""
    found = cluster.kubectl("get", "pods", "-n", OPERATOR_NAMESPACE, "-o", "name")
    return [line.removeprefix("pod/") for line in found.split()]
