"""A stand-in for KEDA, which is not here: its kind, which takes whatever it is given."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from devcluster import Cluster

_CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "scaledobjects.keda.sh"},
    "spec": {
        "group": "keda.sh",
        "scope": "Namespaced",
        "names": {"kind": "ScaledObject", "plural": "scaledobjects", "singular": "scaledobject"},
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


@contextmanager
def scaled_objects(cluster: Cluster) -> Iterator[None]:
    """The cluster has the kind meanwhile."""
    cluster.kubectl("apply", "--filename=-", stdin=json.dumps(_CRD))
    try:
        cluster.kubectl("wait", "--for=condition=Established", "crd/scaledobjects.keda.sh")
        yield
    finally:
        cluster.kubectl("delete", "crd", "scaledobjects.keda.sh")
