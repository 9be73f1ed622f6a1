"""A BertRelease as the tests of the operator's process handle it."""

import json
from typing import Any

from devcluster import Cluster
from tests.integration.fakes import Behaviour, FakePrometheus

RELEASE = "fill-mask"


class Releases:
    """A person at the keyboard, in one namespace."""

    def __init__(self, cluster: Cluster, namespace: str, prometheus: FakePrometheus) -> None:
        self._cluster = cluster
        self.namespace = namespace
        self.prometheus = prometheus

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        return self._cluster.kubectl("--namespace", self.namespace, *arguments, stdin=stdin)

    def get(self, kind: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.kubectl("get", kind, name, "--output=json", "--ignore-not-found") or "{}"
        )
        return found

    def release(
        self,
        version: str,
        strategy: dict[str, Any] | None = None,
        more: dict[str, Any] | None = None,
        **behaviour: float,
    ) -> None:
        """Applies the release with `version` and contents that are its own; a quick canary unless said otherwise.

        `more`: further fields of the spec.
        """
        self.prometheus.behaviours[version] = Behaviour(**behaviour)
        own = {"version": version, "model": {"name": f"bert-{version}"}}
        self.apply(RELEASE, self.spec(strategy) | own | (more or {}))

    def spec(self, strategy: dict[str, Any] | None = None) -> dict[str, Any]:
        """What all versions have in common."""
        return {
            "image": {"repository": "localhost/bert"},
            "replicas": 2,
            "strategy": {
                **(strategy or {"canary": {"steps": [{"weight": 50, "holdSeconds": 2}]}}),
                "readyDeadlineSeconds": 20,
                "observationSeconds": 4,
            },
            "health": {
                "source": {"kind": "prometheus", "url": self.prometheus.url},
                "minimumSample": 100,
                "windowSeconds": 10,
                "memory": {"enabled": False},
            },
        }

    def apply(self, name: str, spec: dict[str, Any]) -> None:
        metadata = {"name": name, "namespace": self.namespace}
        obj = {"apiVersion": "bertrelease.io/v1alpha1", "kind": "BertRelease", "metadata": metadata, "spec": spec}
        self.kubectl("apply", "--filename=-", stdin=json.dumps(obj))

    def edit_version(self, version: str | None, name: str = RELEASE) -> None:
        patch = json.dumps({"spec": {"version": version}})
        self.kubectl("patch", "bertrelease", name, "--type=merge", "--patch", patch)

    def status(self, name: str = RELEASE) -> dict[str, Any]:
        status: dict[str, Any] = self.get("bertrelease", name).get("status", {})
        return status

    def phase(self) -> str:
        return str(self.status().get("phase", ""))

    def rules(self) -> list[dict[str, Any]]:
        """Of the VirtualService."""
        rules: list[dict[str, Any]] = self.get("virtualservice", RELEASE).get("spec", {}).get("http", [{}])
        return rules

    def weights(self) -> dict[str, int]:
        """Of the VirtualService's rule for everybody, by host."""
        routes = self.rules()[-1].get("route", [])
        return {route["destination"]["host"].split(".")[0]: route.get("weight", 100) for route in routes}

    def settled_on(self, version: str, name: str = RELEASE) -> bool:
        status = self.status(name)
        return status.get("phase") == "Healthy" and status.get("stable") == version

    def events(self) -> set[str]:
        found = json.loads(self.kubectl("get", "events", "--output=json"))["items"]
        return {event["reason"] for event in found if event["involvedObject"]["kind"] == "BertRelease"}
