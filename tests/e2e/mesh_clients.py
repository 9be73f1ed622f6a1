"""Pods that call a service from within the cluster, by way of their own sidecars if they have any."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from demo.traffic import VERSION_HEADER
from devcluster import Cluster

NO_ANSWER: Final = 0

# Runs in the pod: one request after another, on a connection each.
_ASK: Final = f"""
import json, sys, urllib.error, urllib.request
url, headers, times = json.loads(sys.argv[1])
body = json.dumps({{"text": "太阳从东[MASK]升起。"}}).encode()
answers = []
for _ in range(times):
    request = urllib.request.Request(url, body, headers | {{"content-type": "application/json"}})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            answers.append([response.status, response.headers["{VERSION_HEADER}"]])
    except urllib.error.HTTPError as error:
        answers.append([error.code, error.headers["{VERSION_HEADER}"]])
    except OSError:
        answers.append([{NO_ANSWER}, None])
print(json.dumps(answers))
"""


@dataclass(frozen=True, slots=True)
class MeshAnswer:
    status: int  # NO_ANSWER: the connection was closed or never came about
    version: str | None


@dataclass(frozen=True, slots=True)
class MeshClient:
    """One pod with Python, called like its service account."""

    cluster: Cluster
    namespace: str
    name: str
    container: str = "client"

    @classmethod
    def start(cls, cluster: Cluster, namespace: str, name: str, image: str) -> "MeshClient":
        """Whether it gets a sidecar is up to the namespace."""
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(_objects(namespace, name, image)))
        return cls(cluster, namespace, name)

    def until_ready(self) -> "MeshClient":
        wait = ("--for=condition=Ready", "--timeout=90s")
        self.cluster.kubectl("wait", f"pod/{self.name}", f"--namespace={self.namespace}", *wait)
        return self

    def asks(self, host: str, times: int = 1, headers: Mapping[str, str] | None = None) -> list[MeshAnswer]:
        arguments = json.dumps([f"http://{host}/fill-mask", dict(headers or {}), times])
        command = ("exec", self.name, f"--namespace={self.namespace}", f"--container={self.container}", "--")
        answers = json.loads(self.cluster.kubectl(*command, "python3", "-c", _ASK, arguments))
        return [MeshAnswer(*answer) for answer in answers]


def _objects(namespace: str, name: str, image: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    container = {"name": "client", "image": image, "imagePullPolicy": "Never", "command": ["sleep", "infinity"]}
    spec = {"serviceAccountName": name, "terminationGracePeriodSeconds": 0, "containers": [container]}
    items = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec},
    ]
    return {"apiVersion": "v1", "kind": "List", "items": items}
