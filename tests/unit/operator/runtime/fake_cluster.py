"""An API server in memory, which fails when it is told to."""

import copy
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bertrelease_operator.adapters.errors import ClusterError, ConflictError, NotFoundError
from bertrelease_operator.adapters.resources import ResourceType
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.runtime.records import ObjectKey, key_of
from tests.support.managed_fields import applied, without_left_out


class Killed(BaseException):
    """The operator's process ends here: no handler of its own sees it."""


@dataclass(frozen=True)
class Call:
    """One write that was tried."""

    verb: str
    kind: str
    name: str


Fault = Callable[[Call], BaseException | None]


@dataclass
class FakeCluster:
    """Implements `Cluster`. `fault` is asked before each write, and its exception raised instead of writing."""

    objects: dict[ObjectKey, KubeObject] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    fault: Fault = lambda _call: None
    absent: frozenset[str] = frozenset()  # kinds whose CRDs are not installed
    killed_after: int | None = None  # writes that still succeed
    _versions: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def seed(self, obj: KubeObject) -> KubeObject:
        """As if somebody else had written it."""
        return self._store(copy.deepcopy(obj))

    def remove(self, key: ObjectKey) -> None:
        del self.objects[key]

    def next_version(self) -> int:
        """As of something that happens now."""
        return next(self._versions)

    def writes(self) -> list[tuple[str, str]]:
        return [(call.verb, call.kind) for call in self.calls]

    async def serves(self, resource: ResourceType) -> bool:
        return resource.kind not in self.absent

    async def list(self, resource: ResourceType, namespace: str | None = None) -> list[KubeObject]:
        return [
            copy.deepcopy(obj)
            for (kind, where, _), obj in self.objects.items()
            if kind == resource.kind and namespace in {None, where}
        ]

    async def get(self, resource: ResourceType, namespace: str, name: str) -> KubeObject:
        return copy.deepcopy(self._found((resource.kind, namespace, name)))

    async def apply(self, obj: KubeObject, *, resource_version: str | None = None) -> KubeObject:
        self._write("apply", obj)
        known = self.objects.get(key_of(obj))
        if resource_version is not None:
            self._check(known, resource_version)
        entry, before = applied(obj), _applied_before(known)
        left = without_left_out(known or {}, before, entry["fieldsV1"])
        merged = _merged(left, obj)
        return self._store({**merged, "metadata": {**merged["metadata"], "managedFields": [entry]}})

    async def merge(self, obj: KubeObject, *, subresource: str | None = None) -> KubeObject:
        self._write(subresource or "merge", obj)
        known = self._found(key_of(obj))
        if "resourceVersion" in obj["metadata"]:
            self._check(known, obj["metadata"]["resourceVersion"])
        if subresource is None:
            return self._store(patched(known, obj))
        return self._store({**known, subresource: patched(known.get(subresource) or {}, obj[subresource])})

    async def create(self, obj: KubeObject) -> KubeObject:
        self._write("create", obj)
        if key_of(obj) in self.objects:
            raise ConflictError("it exists already")
        return self._store(copy.deepcopy(obj))

    async def replace(self, obj: KubeObject) -> KubeObject:
        self._write("replace", obj)
        known = self._found(key_of(obj))
        self._check(known, obj["metadata"]["resourceVersion"])
        return self._store(copy.deepcopy(obj))

    async def delete(self, resource: ResourceType, namespace: str, name: str, *, uid: str) -> None:
        key = (resource.kind, namespace, name)
        self._write("delete", {"kind": resource.kind, "metadata": {"name": name}})
        if key in self.objects and self.objects[key]["metadata"]["uid"] == uid:
            del self.objects[key]
            self._collect(uid)

    def _collect(self, uid: str) -> None:
        """What the garbage collector does."""
        for key, obj in [*self.objects.items()]:
            owners = obj["metadata"].get("ownerReferences", [])
            if key in self.objects and any(owner["uid"] == uid for owner in owners):
                del self.objects[key]
                self._collect(obj["metadata"]["uid"])

    def _write(self, verb: str, obj: KubeObject) -> None:
        call = Call(verb, obj["kind"], obj["metadata"]["name"])
        if self.killed_after is not None:
            if not self.killed_after:
                raise Killed
            self.killed_after -= 1
        error = self.fault(call)
        if error is not None:
            raise error
        self.calls.append(call)

    def _found(self, key: ObjectKey) -> KubeObject:
        if key not in self.objects:
            raise NotFoundError(f"no {key}")
        return self.objects[key]

    @staticmethod
    def _check(known: KubeObject | None, resource_version: str) -> None:
        if known is None or known["metadata"]["resourceVersion"] != resource_version:
            raise ConflictError("the object has been modified")

    def _store(self, obj: KubeObject) -> KubeObject:
        key = key_of(obj)
        version = str(self.next_version())
        metadata = {"uid": f"uid-{version}", "creationTimestamp": "2026-01-01T00:00:00Z", "generation": 1}
        stored = {**obj, "metadata": {**metadata, **obj["metadata"], "resourceVersion": version}}
        self.objects[key] = stored
        return copy.deepcopy(stored)


def failing(error: ClusterError, *, verb: str = "", kind: str = "", times: int = 1) -> Fault:
    """The first `times` writes that match fail with `error`."""
    left = [times]

    def fault(call: Call) -> BaseException | None:
        if verb in {"", call.verb} and kind in {"", call.kind} and left[0]:
            left[0] -= 1
            return error
        return None

    return fault


def _applied_before(known: KubeObject | None) -> dict[str, Any]:
    entries = known["metadata"].get("managedFields", []) if known is not None else []
    return next((entry["fieldsV1"] for entry in entries), {})


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: _merged(old.get(name), value) for name, value in new.items()}}
    return copy.deepcopy(new)


def patched(old: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            before = merged.get(name)
            merged[name] = patched(before if isinstance(before, dict) else {}, value)
        else:
            merged[name] = value
    return merged
