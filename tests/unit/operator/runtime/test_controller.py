"""Events, roles and the queue together."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bertrelease_operator.adapters.errors import NotLeaderError, UnreachableError
from bertrelease_operator.adapters.resources import ResourceType
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.runtime import controller as controller_module
from bertrelease_operator.runtime.controller import Controller, Inbox
from bertrelease_operator.runtime.election import Role
from bertrelease_operator.runtime.heartbeat import WatchHeartbeat
from bertrelease_operator.runtime.queue import WorkQueue
from bertrelease_operator.runtime.records import ReleaseKey
from bertrelease_operator.runtime.sweep import Sweep
from bertrelease_operator.runtime.telemetry import Telemetry
from tests.unit.operator.runtime.scene import KEY, OrderedEvidence, Scene
from tests.unit.operator.runtime.test_queue import FakeTimer


class Recorder:
    """Stands in for the reconciler: notes the keys, and does what the test wants."""

    def __init__(self) -> None:
        self.keys: list[ReleaseKey] = []
        self.act: Callable[[ReleaseKey], Awaitable[float | None]] | None = None

    async def reconcile(self, key: ReleaseKey) -> float | None:
        self.keys.append(key)
        return await self.act(key) if self.act is not None else None


class Setting:
    def __init__(self) -> None:
        self.scene = Scene()
        self.store = self.scene.store
        self.timer = FakeTimer()
        self.queue: WorkQueue[ReleaseKey] = WorkQueue(self.timer)
        telemetry = Telemetry()
        self.inbox = Inbox(self.store, self.queue, WatchHeartbeat(self.timer.time), telemetry)
        kinds = self.scene.kinds
        self.sweep = Sweep(self.store, self.scene.cluster, self.inbox.wake, kinds=kinds, clock=self.timer.time)
        self.inbox.sweep = self.sweep
        self.recorder = Recorder()
        self.watcher = OrderedEvidence(self.scene)
        self.controller = Controller(
            self.scene.cluster,
            kinds=kinds,
            store=self.store,
            queue=self.queue,
            inbox=self.inbox,
            watcher=self.watcher,
            gatekeeper=self.scene.gatekeeper,
            notifier=self.scene.notifier,
            reconciler=self.recorder,  # type: ignore[arg-type]
            telemetry=telemetry,
            upstreams=self.scene.upstreams,
            clock=self.timer.time,
        )

    async def work(self) -> None:
        """Lets a worker do everything that is due."""
        worker = asyncio.create_task(self.controller.work())
        for _ in range(50):
            await asyncio.sleep(0)
        worker.cancel()
        assert self.queue.idle

    def lead(self) -> None:
        self.controller.on_role(Role.FOLLOWER, Role.LEADER)


def release(version: int, name: str = "bert", **fields: Any) -> KubeObject:
    metadata = {"name": name, "namespace": "default", "uid": name, "resourceVersion": str(version)}
    return {"apiVersion": "bertrelease.io/v1alpha1", "kind": "BertRelease", "metadata": metadata, **fields}


async def test_nothing_is_reconciled_before_everything_is_known_and_the_lease_is_ours() -> None:
    setting = Setting()
    setting.scene.release("v1.0.0")
    setting.inbox.receive(release(100), "ADDED")
    assert setting.queue.depth == 0
    setting.lead()
    assert setting.queue.depth == 0
    await setting.controller.prime()
    assert setting.queue.depth == 1


async def test_a_standby_knows_everything_and_queues_nothing() -> None:
    setting = Setting()
    setting.scene.release("v1.0.0")
    await setting.controller.prime()
    setting.inbox.receive(release(100), "MODIFIED")
    assert (setting.queue.depth, list(setting.store.releases())) == (0, [KEY])
    setting.lead()
    assert setting.queue.depth == 1


async def test_priming_waits_for_an_api_server_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controller_module, "_PRIME_RETRY_SECONDS", 0)
    setting = Setting()
    attempts = [0]
    original = setting.scene.cluster.list

    async def at_the_third_attempt(resource: ResourceType, namespace: str | None = None) -> list[KubeObject]:
        attempts[0] += 1
        if attempts[0] < 3:
            raise UnreachableError("away")
        return await original(resource, namespace)

    setting.scene.cluster.list = at_the_third_attempt  # type: ignore[method-assign]
    await setting.controller.prime()
    assert setting.controller.primed


async def test_releases_that_were_under_way_come_first_after_a_start() -> None:
    setting = Setting()
    statuses: dict[str, dict[str, Any]] = {"a": {}, "b": {"rollout": {}}, "c": {"observation": {}}}
    for version, (name, status) in enumerate(statuses.items(), 1):
        setting.scene.cluster.seed(release(version, name, status=status))
    await setting.controller.prime()
    setting.lead()
    await setting.work()
    assert setting.recorder.keys == [("default", "b"), ("default", "c"), ("default", "a")]


async def test_who_loses_the_lease_drops_its_work_and_its_watches() -> None:
    setting = Setting()
    await setting.controller.prime()
    setting.lead()
    setting.inbox.receive(release(100), "ADDED")
    setting.controller.on_role(Role.LEADER, Role.FOLLOWER)
    setting.inbox.receive(release(101, spec={}), "MODIFIED")
    assert setting.queue.depth == 0


async def test_who_is_only_cut_off_goes_on_queueing() -> None:
    setting = Setting()
    await setting.controller.prime()
    setting.lead()
    setting.controller.on_role(Role.LEADER, Role.CUT_OFF)
    setting.inbox.receive(release(100), "ADDED")
    assert setting.queue.depth == 1


async def test_a_deletion_is_news_too() -> None:
    setting = Setting()
    await setting.controller.prime()
    setting.lead()
    setting.inbox.receive(release(100), "ADDED")
    await setting.work()
    setting.inbox.receive(release(101), "DELETED")
    await setting.work()
    assert setting.recorder.keys == [KEY, KEY]
    assert list(setting.store.releases()) == []


async def test_an_event_without_news_queues_nothing() -> None:
    setting = Setting()
    await setting.controller.prime()
    setting.lead()
    setting.inbox.receive(release(100), "ADDED")
    await setting.work()
    setting.inbox.receive(release(101), "MODIFIED")
    assert setting.queue.depth == 0


@pytest.mark.parametrize("fault", [UnreachableError("away"), RuntimeError("unforeseen")])
async def test_a_pass_that_fails_is_tried_again_later_and_does_not_end_the_worker(fault: Exception) -> None:
    setting = Setting()
    await setting.controller.prime()
    setting.lead()

    async def failing(_key: ReleaseKey) -> float | None:
        raise fault

    setting.recorder.act = failing
    setting.inbox.receive(release(100), "ADDED")
    await setting.work()
    assert setting.recorder.keys == [KEY]
    setting.timer.advance(1)
    assert setting.queue.depth == 1


async def test_without_the_lease_a_pass_is_not_tried_again_by_itself() -> None:
    setting = Setting()
    await setting.controller.prime()
    setting.lead()

    async def fenced(_key: ReleaseKey) -> float | None:
        raise NotLeaderError("no lease")

    setting.recorder.act = fenced
    setting.inbox.receive(release(100), "ADDED")
    await setting.work()
    setting.timer.advance(60)
    assert setting.queue.depth == 0


async def test_a_pass_says_when_to_look_again() -> None:
    setting = Setting()
    await setting.controller.prime()
    setting.lead()

    async def in_five_seconds(_key: ReleaseKey) -> float | None:
        return 5.0

    setting.recorder.act = in_five_seconds
    setting.inbox.receive(release(100), "ADDED")
    await setting.work()
    setting.timer.advance(4.9)
    assert setting.queue.depth == 0
    setting.timer.advance(0.1)
    assert setting.queue.depth == 1
