"""Objects that vanished while nobody listened."""

from typing import Any

from bertrelease_operator.adapters.errors import UnreachableError
from bertrelease_operator.adapters.resources import ResourceType
from bertrelease_operator.api.names import LABEL_RELEASE
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.runtime.kinds import Kinds
from bertrelease_operator.runtime.records import key_of
from bertrelease_operator.runtime.store import Store
from bertrelease_operator.runtime.sweep import SETTLED_SECONDS, Sweep
from tests.unit.operator.runtime.fake_cluster import FakeCluster


class CountingCluster(FakeCluster):
    """Counts listings, and can be away."""

    listings = 0
    away = False

    async def list(self, resource: ResourceType, namespace: str | None = None) -> list[KubeObject]:
        if self.away:
            raise UnreachableError("away")
        self.listings += 1
        return await super().list(resource, namespace)


class Setting:
    def __init__(self, **options: Any) -> None:
        self.now = 0.0
        self.store = Store()
        self.cluster = CountingCluster()
        self.woken: list[tuple[str, str]] = []
        kinds = Kinds(self.cluster)
        self.sweep = Sweep(self.store, self.cluster, self.woken.append, kinds=kinds, clock=lambda: self.now, **options)
        for name in ("a", "b"):
            metadata = {"name": name, "namespace": "default", "labels": {LABEL_RELEASE: name}}
            self.store.put(self.cluster.seed({"apiVersion": "v1", "kind": "Service", "metadata": metadata}))

    def hear(self, *names: str, listed: bool = True) -> None:
        for name in names:
            self.sweep.heard(("Service", "default", name), listed=listed)

    async def finish(self) -> None:
        self.now += SETTLED_SECONDS
        assert self.sweep.is_due
        await self.sweep.finish()


async def test_if_everything_was_heard_of_nothing_is_asked() -> None:
    setting = Setting()
    setting.hear("a", "b")
    await setting.finish()
    assert (setting.cluster.listings, setting.woken) == (0, [])


async def test_what_was_not_heard_of_and_is_gone_is_forgotten_and_its_release_woken() -> None:
    setting = Setting()
    setting.cluster.remove(("Service", "default", "b"))
    setting.hear("a")
    await setting.finish()
    assert setting.woken == [("default", "b")]
    assert setting.cluster.listings == 1
    assert setting.store.get(("Service", "default", "b")) is None


async def test_what_was_not_heard_of_but_is_there_stays() -> None:
    setting = Setting()
    setting.hear("a")
    await setting.finish()
    assert setting.woken == []
    assert setting.store.get(("Service", "default", "b")) is not None


async def test_events_of_the_watch_start_no_sweep_and_a_new_listing_does() -> None:
    setting = Setting()
    setting.hear("a", "b")
    await setting.finish()
    setting.now += 1000
    setting.hear("a", listed=False)
    assert not setting.sweep.is_due
    setting.hear("a", listed=True)
    assert not setting.sweep.is_due
    setting.now += SETTLED_SECONDS
    assert setting.sweep.is_due


async def test_an_object_that_is_created_anew_meanwhile_is_not_dropped() -> None:
    setting = Setting()
    setting.hear("a")
    key = ("Service", "default", "b")
    setting.cluster.remove(key)
    original = setting.cluster.list

    async def list_and_race(resource: ResourceType, namespace: str | None = None) -> list[KubeObject]:
        found = await original(resource, namespace)
        metadata = {"name": "b", "namespace": "default", "labels": {LABEL_RELEASE: "b"}}
        created = setting.cluster.seed({"apiVersion": "v1", "kind": "Service", "metadata": metadata})
        assert key_of(created) == key
        setting.store.put(created)
        return found

    setting.cluster.list = list_and_race  # type: ignore[method-assign]
    await setting.finish()
    assert setting.store.get(key) is not None


async def test_without_an_api_server_the_sweep_stays_due() -> None:
    setting = Setting()
    setting.cluster.away = True
    await setting.finish()
    assert setting.sweep.is_due


async def test_only_the_namespaces_that_are_served_are_listed() -> None:
    setting = Setting(namespaces=("default", "other"))
    await setting.finish()
    assert setting.cluster.listings == 2
