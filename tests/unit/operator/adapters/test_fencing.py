"""Writes wait outside the fence once the lease is not surely ours."""

import pytest

from bertrelease_operator.adapters.errors import NotLeaderError
from bertrelease_operator.adapters.fencing import Fence, FencedCluster
from bertrelease_operator.adapters.resources import SERVICE
from bertrelease_operator.render.metadata import KubeObject
from tests.unit.operator.runtime.fake_cluster import FakeCluster

OBJECT: KubeObject = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "n"}}


async def try_everything(cluster: FencedCluster) -> int:
    """How many kinds of writes were held back."""
    held_back = 0
    writes = (
        lambda: cluster.create(OBJECT),
        lambda: cluster.apply(OBJECT),
        lambda: cluster.merge(OBJECT),
        lambda: cluster.replace(OBJECT),
        lambda: cluster.delete(SERVICE, "n", "s", uid="u"),
    )
    for write in writes:
        try:
            await write()
        except NotLeaderError:
            held_back += 1
    return held_back


async def test_a_fence_is_closed_at_first_and_holds_every_kind_of_write_back() -> None:
    fake = FakeCluster()
    assert await try_everything(FencedCluster(fake, Fence(lambda: 0.0))) == 5
    assert fake.calls == []


async def test_writes_pass_until_the_deadline_and_not_after_it() -> None:
    now = [10.0]
    fence = Fence(lambda: now[0])
    cluster = FencedCluster(FakeCluster(), fence)
    fence.open_until(15.0)
    now[0] = 14.9
    await cluster.apply(OBJECT)
    now[0] = 15.0
    with pytest.raises(NotLeaderError, match="lease"):
        await cluster.apply(OBJECT)


async def test_a_closed_fence_still_lets_reads_through() -> None:
    fake = FakeCluster()
    fake.seed(OBJECT)
    cluster = FencedCluster(fake, Fence(lambda: 0.0))
    assert len(await cluster.list(SERVICE)) == 1
    assert (await cluster.get(SERVICE, "n", "s"))["kind"] == "Service"
