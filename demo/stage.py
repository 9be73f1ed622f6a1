"""What the chapters play on: a cluster with the operator, a namespace, and traffic through the gateway."""

import json
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from demo.release import HOST, Document, ReleaseClient, release_document
from demo.traffic import Traffic
from demo.versions import REPOSITORY, DemoVersion
from devcluster import Cluster
from devcluster.commands import run

SLOW_SECONDS: Final = 0.1
PLUGIN: Final = Path(sys.executable).with_name("kubectl-bert")


@dataclass
class Stage:
    """One namespace of one cluster."""

    cluster: Cluster
    namespace: str
    client: ReleaseClient
    spec: Document = field(default_factory=dict)  # of all releases here, where they do not say otherwise

    @classmethod
    def set_up(cls, cluster: Cluster, namespace: str, **spec: Any) -> "Stage":
        """An empty namespace; one that is left from before is removed first."""
        stage = cls(cluster, namespace, ReleaseClient(cluster.kubeconfig, namespace), spec)
        stage.remove(wait=True)
        stage.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": RESTRICTED}})
        return stage

    def apply(self, document: Document) -> None:
        """`kubectl apply`."""
        self.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(document))

    def release(self, version: DemoVersion, **spec: Any) -> float:
        """Applies the BertRelease at `version`; returns when (monotonic) it was sent."""
        sent_at = time.monotonic()
        self.apply(release_document(version.version, REPOSITORY, self.namespace, **(self.spec | spec)))
        return sent_at

    def traffic(self, rate_per_second: float) -> Traffic:
        return Traffic(self.cluster.gateway_url, HOST, rate_per_second)

    def fill_mask(self, text: str, top_k: int = 5) -> Document:
        """One prediction through the gateway."""
        request = urllib.request.Request(  # noqa: S310 - an http URL of our own
            f"{self.cluster.gateway_url}/fill-mask",
            data=json.dumps({"text": text, "top_k": top_k}).encode(),
            headers={"Host": HOST, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            answer: Document = json.load(response)
            return answer

    def until_it_answers(self, timeout_seconds: float, on_wait: Callable[[], None] = lambda: None) -> None:
        """Waits until the gateway routes to the release; raises the last error after `timeout_seconds`."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                self.fill_mask("床前明月光，疑是地[MASK]霜。")
            except OSError:
                if time.monotonic() > deadline:
                    raise
                on_wait()
                time.sleep(0.1)
            else:
                return

    def bert(self, *arguments: str) -> str:
        """What `kubectl bert` prints, in this namespace."""
        environment = {"KUBECONFIG": str(self.cluster.kubeconfig), "COLUMNS": "120"}
        return run([PLUGIN, *arguments, "--namespace", self.namespace], env=environment)

    def remove(self, *, wait: bool = False) -> None:
        """Deletes the namespace and everything in it; with `wait`, returns when it is gone.

        The routes first: left to the namespace they would go after its pods (ordered deletion, since Kubernetes 1.33),
        and until then take the requests of whoever has the same host next.
        """
        for kinds in ("bertreleases", "virtualservices,httproutes"):
            self.cluster.kubectl("delete", kinds, "--all", "--namespace", self.namespace, "--ignore-not-found")
        patience = f"--wait={str(wait).lower()}"
        self.cluster.kubectl("delete", "namespace", self.namespace, patience, "--ignore-not-found")


RESTRICTED: Final = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
}
