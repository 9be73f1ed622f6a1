"""One BertRelease as its users handle it: apply, edit, look, wait."""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from kubernetes import client, config

from bertrelease_operator.api.names import (
    ANNOTATION_COMMAND,
    API_VERSION,
    GROUP,
    GROUP_VERSION,
    RELEASE_PLURAL,
    REVISION_PLURAL,
)
from bertrelease_operator.api.status import BertReleaseStatus

Document = dict[str, Any]
HOST: Final = "fill-mask.example.com"
# The dev cluster's own Istio Gateway, open to all hosts on port 80.
GATEWAY: Final = "istio-system/public"


# Quick steps, so that a canary takes half a minute instead of three.
QUICK_STRATEGY: Final[Document] = {
    "kind": "canary",
    "canary": {"steps": [{"weight": 10, "holdSeconds": 8}, {"weight": 50, "holdSeconds": 8}]},
    "readyDeadlineSeconds": 60,
    "stepDeadlineSeconds": 60,
    "observationSeconds": 30,
}


def release_document(version: str, repository: str, namespace: str, **spec: Any) -> Document:
    """A BertRelease for demos and tests: small, and quick."""
    return {
        "apiVersion": GROUP_VERSION,
        "kind": "BertRelease",
        "metadata": {"name": "fill-mask", "namespace": namespace},
        "spec": {
            "version": version,
            "image": {"repository": repository, "pullPolicy": "Never"},
            "model": {"name": "tang-bert"},
            "resources": {"requests": {"cpu": "50m", "memory": "192Mi"}, "limits": {"memory": "768Mi"}},
            "config": {"threads": 1, "drainSeconds": 3},
            "replicas": 1,
            "network": {"hosts": [HOST], "gateways": [GATEWAY]},
            "strategy": QUICK_STRATEGY,
            "health": {"minimumSample": 50},
        }
        | spec,
    }


class ReleaseClient:
    """Calls the API server as the person of `kubeconfig`; methods block, `wait_for` does not."""

    def __init__(self, kubeconfig: Path, namespace: str, name: str = "fill-mask") -> None:
        self.namespace, self.name = namespace, name
        configuration = client.Configuration()
        config.load_kube_config(config_file=str(kubeconfig), client_configuration=configuration)
        self._api = client.ApiClient(configuration)
        self._custom = client.CustomObjectsApi(self._api)
        self._core = client.CoreV1Api(self._api)

    @property
    def _address(self) -> tuple[str, str, str, str]:
        return GROUP, API_VERSION, self.namespace, RELEASE_PLURAL

    def edit(self, spec: Mapping[str, Any]) -> float:
        """Merge-patches the spec, as `kubectl edit` or `kubectl patch` do; returns when (monotonic) it was sent."""
        sent_at = time.monotonic()
        self._merge({"spec": dict(spec)})
        return sent_at

    def _merge(self, patch: Document) -> None:
        self._custom.patch_namespaced_custom_object(
            *self._address, self.name, patch, _content_type="application/merge-patch+json"
        )

    def apply_custom(self, group: str, version: str, plural: str, document: Document) -> None:
        """Server-side apply of another custom resource, on the connection that is open already."""
        self._custom.patch_namespaced_custom_object(
            group,
            version,
            self.namespace,
            plural,
            document["metadata"]["name"],
            document,
            field_manager="demo",
            force=True,
            _content_type="application/apply-patch+yaml",
        )

    def command(self, verb: str, version: str) -> float:
        """What `kubectl bert <verb>` writes; returns when (monotonic) it was sent."""
        sent_at = time.monotonic()
        self._merge({"metadata": {"annotations": {ANNOTATION_COMMAND: f"{verb} {version} {time.time_ns()}"}}})
        return sent_at

    def get(self) -> Document:
        document: Document = self._custom.get_namespaced_custom_object(*self._address, self.name)
        return document

    def status(self) -> BertReleaseStatus:
        return BertReleaseStatus.model_validate(self.get().get("status", {}))

    def revisions(self) -> dict[str, Document]:
        """BertRevisions by version."""
        found = self._custom.list_namespaced_custom_object(GROUP, API_VERSION, self.namespace, REVISION_PLURAL)
        return {item["spec"]["version"]: item for item in found["items"] if item["spec"]["release"] == self.name}

    def verdict(self, version: str) -> str:
        return str(self.revisions().get(version, {}).get("status", {}).get("verdict", "none"))

    def events(self) -> list[str]:
        """Reasons of the release's Events, oldest first."""
        found = self._core.list_namespaced_event(self.namespace, field_selector=f"involvedObject.name={self.name}")
        return [event.reason for event in sorted(found.items, key=lambda event: event.metadata.creation_timestamp)]

    def pod_uids(self, version: str) -> set[str]:
        selector = f"{GROUP}/release={self.name},{GROUP}/version={version}"
        pods = self._core.list_namespaced_pod(self.namespace, label_selector=selector)
        return {pod.metadata.uid for pod in pods.items}

    async def wait_for(
        self,
        what: str,
        holds: Callable[[BertReleaseStatus], bool],
        timeout_seconds: float,
        on_change: Callable[[BertReleaseStatus], None] = lambda _: None,
        poll_seconds: float = 0.25,
    ) -> BertReleaseStatus:
        """Waits until `holds`; TimeoutError says what was waited for and what the release says of itself."""
        deadline, last = time.monotonic() + timeout_seconds, None
        while True:
            status = await asyncio.to_thread(self.status)
            if status != last:
                on_change(status)
                last = status
            if holds(status):
                return status
            if time.monotonic() > deadline:
                msg = f"waited {timeout_seconds:g} s for {what}; the release is {status.phase}: {status.message}"
                raise TimeoutError(msg)
            await asyncio.sleep(poll_seconds)

    async def wait_for_verdict(self, version: str, verdict: str, timeout_seconds: float) -> None:
        """Waits until that is the verdict on `version`; TimeoutError says what it is instead, and what was measured."""
        deadline = time.monotonic() + timeout_seconds
        while (current := await asyncio.to_thread(self.verdict, version)) != verdict:
            if time.monotonic() > deadline:
                status = (await asyncio.to_thread(self.revisions)).get(version, {}).get("status", {})
                found = "; ".join(f"{check['name']}: {check['message']}" for check in status.get("checks", []))
                said = f"{status.get('reason', '')}: {status.get('message', '')} ({found or 'no checks'})"
                msg = f"{version} is {current}, not {verdict}, after {timeout_seconds:g} s. {said}"
                raise TimeoutError(msg)
            await asyncio.sleep(0.25)


def is_stable(version: str) -> Callable[[BertReleaseStatus], bool]:
    """`version` serves and nothing is on its way."""
    return lambda status: status.stable == version and status.rollout is None and status.version == version


def was_taken_back(version: str) -> Callable[[BertReleaseStatus], bool]:
    """The rollout of `version` ended without it serving."""
    return lambda status: status.concluded is not None and status.concluded.version == version
