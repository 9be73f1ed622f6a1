"""Everything that is known of the cluster, by release. Fed by watch events and by the answers to our own writes."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bertrelease_operator.api.names import RELEASE_KIND
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.runtime.records import ObjectKey, ReleaseKey, StoredObject, pack

# A late answer to a write can hardly trail the deletion event by more.
_TOMBSTONE_SECONDS: Final = 300.0
_NOTHING: Final[Mapping[ObjectKey, StoredObject]] = MappingProxyType({})


# (the object that changed, its release)
StoreListener = Callable[[ObjectKey, ReleaseKey], None]


def _nobody(_key: ObjectKey, _release: ReleaseKey) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Tombstone:
    resource_version: int
    at: float


class Store:
    """The newest known state of each object: what is older than what is known is ignored, whoever brings it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.listener: StoreListener = _nobody  # hears of changes, whoever brings them
        self._releases: dict[ReleaseKey, dict[ObjectKey, StoredObject]] = {}
        self._release_of: dict[ObjectKey, ReleaseKey] = {}
        self._tombstones: dict[ObjectKey, _Tombstone] = {}

    def put(self, obj: KubeObject) -> ReleaseKey | None:
        """Takes the object in; returns its release if that changed anything that is kept of it."""
        stored = pack(obj)
        if stored is None:
            return None
        known = self.get(stored.key)
        if not self._is_newer(stored, known):
            return None
        if known is not None and known.release != stored.release:
            self._forget(stored.key)
        self._tombstones.pop(stored.key, None)
        self._releases.setdefault(stored.release, {})[stored.key] = stored
        self._release_of[stored.key] = stored.release
        if known is not None and known.packed == stored.packed:
            return None
        self.listener(stored.key, stored.release)
        return stored.release

    def remove(self, key: ObjectKey, resource_version: int) -> ReleaseKey | None:
        """Forgets an object that was deleted at `resource_version`; returns its release if it was known."""
        known = self.get(key)
        if known is not None and known.resource_version > resource_version:
            return None
        self._bury(key, resource_version)
        release = self._forget(key)
        if release is not None:
            self.listener(key, release)
        return release

    def get(self, key: ObjectKey) -> StoredObject | None:
        release = self._release_of.get(key)
        return self._releases[release].get(key) if release is not None else None

    def of_release(self, release: ReleaseKey) -> Mapping[ObjectKey, StoredObject]:
        return self._releases.get(release, _NOTHING)

    def of_kind(self, kind: str) -> Iterator[StoredObject]:
        return (stored for objects in self._releases.values() for stored in objects.values() if stored.key[0] == kind)

    def releases(self) -> Iterable[ReleaseKey]:
        """Releases whose BertRelease exists."""
        return [release for release, objects in self._releases.items() if (RELEASE_KIND, *release) in objects]

    def counts(self) -> dict[str, int]:
        """Objects by kind."""
        sums: dict[str, int] = {}
        for kind, _, _ in self._release_of:
            sums[kind] = sums.get(kind, 0) + 1
        return sums

    def _is_newer(self, stored: StoredObject, known: StoredObject | None) -> bool:
        grave = self._tombstones.get(stored.key)
        if grave is not None and stored.resource_version <= grave.resource_version:
            return False
        return known is None or stored.resource_version > known.resource_version

    def _forget(self, key: ObjectKey) -> ReleaseKey | None:
        release = self._release_of.pop(key, None)
        if release is None:
            return None
        objects = self._releases[release]
        del objects[key]
        if not objects:
            del self._releases[release]
        return release

    def _bury(self, key: ObjectKey, resource_version: int) -> None:
        now = self._clock()
        for old in [old for old, grave in self._tombstones.items() if now - grave.at > _TOMBSTONE_SECONDS]:
            del self._tombstones[old]
        self._tombstones[key] = _Tombstone(resource_version, now)
