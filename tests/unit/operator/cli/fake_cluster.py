"""A cluster in memory: what it holds, what it refuses, and an operator that answers when it is told to."""

import queue
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bertrelease_operator.api.names import ANNOTATION_COMMAND
from bertrelease_operator.cli.cluster import Changed, Listed, Update
from bertrelease_operator.cli.errors import CliError, NotFoundError
from bertrelease_operator.cli.objects import Manifest

Operator = Callable[[dict[str, Any]], None]


class FakeCluster:
    """`refusals` by method name; `operator` changes the release after each patch, as the real one would."""

    def __init__(self, *releases: dict[str, Any], operator: Operator | None = None) -> None:
        self.namespace = "shop"
        self.stored = {(item["metadata"]["namespace"], item["metadata"]["name"]): item for item in releases}
        self.stored_revisions: list[Manifest] = []
        self.stored_deployments: list[Manifest] = []
        self.operator = operator
        self.patches: list[Mapping[str, Any]] = []
        self.refusals: dict[str, CliError] = {}
        self.calls: list[str] = []
        self.listing_delay_seconds = 0.0
        self._updates: queue.SimpleQueue[Update | BaseException] = queue.SimpleQueue()

    @property
    def command(self) -> str:
        """The command of the last patch."""
        found: str = self.patches[-1]["metadata"]["annotations"][ANNOTATION_COMMAND]
        return found

    def tell(self, *updates: Update | BaseException) -> None:
        """Further updates of the watch; an exception ends it."""
        for update in updates:
            self._updates.put(update)

    def user_name(self) -> str:
        self._called("user_name")
        return "Ada L"

    def release(self, namespace: str, name: str) -> Manifest:
        self._called("release")
        if (namespace, name) not in self.stored:
            raise NotFoundError(f'bertreleases.bertrelease.io "{name}" not found in namespace {namespace}')
        return self.stored[namespace, name]

    def releases(self, namespace: str | None) -> list[Manifest]:
        self._called("releases")
        return [item for (found, _), item in self.stored.items() if namespace in {None, found}]

    def revisions(self, namespace: str, release: str) -> list[Manifest]:
        self._called("revisions")
        return self.stored_revisions

    def deployments(self, namespace: str, release: str) -> list[Manifest]:
        self._called("deployments")
        return self.stored_deployments

    def patch_release(self, namespace: str, name: str, patch: Mapping[str, Any]) -> Manifest:
        self._called("patch_release")
        self.patches.append(patch)
        item = self.stored[namespace, name]
        item["metadata"]["annotations"].update(patch.get("metadata", {}).get("annotations", {}))
        item["spec"].update(patch.get("spec", {}))
        if self.operator is not None:
            self.operator(item)
        self.tell(Changed(item))
        return item

    def watch_releases(self, namespace: str | None, name: str | None) -> Iterator[Update]:
        self._called("watch_releases")
        time.sleep(self.listing_delay_seconds)
        yield Listed(tuple(self.releases(namespace)))
        while True:
            update = self._updates.get()
            if isinstance(update, BaseException):
                raise update
            yield update

    def _called(self, method: str) -> None:
        self.calls.append(method)
        if method in self.refusals:
            raise self.refusals[method]
