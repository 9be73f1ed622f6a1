"""Leader election: a state machine over a fake API server and a clock that the tests move."""

import asyncio
from dataclasses import dataclass, field

import pytest

from bertrelease_operator.adapters.errors import ClusterError, NotFoundError, UnreachableError
from bertrelease_operator.adapters.fencing import Fence
from bertrelease_operator.runtime.election import (
    FENCE_SECONDS,
    LEASE_SECONDS,
    RENEW_SECONDS,
    RETRY_SECONDS,
    Election,
    Role,
)
from tests.unit.operator.runtime.fake_cluster import FakeCluster, failing

LEASE_KEY = ("Lease", "system", "operator")


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Candidate:
    """One operator with its own fence."""

    cluster: FakeCluster
    clock: Clock
    identity: str
    roles: list[Role] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fence = Fence(self.clock)
        self.election = Election(
            self.cluster,
            self.fence,
            namespace="system",
            name="operator",
            identity=self.identity,
            on_change=lambda _before, role: self.roles.append(role),
            clock=self.clock,
            now=self.clock,
        )

    @property
    def may_write(self) -> bool:
        return self.fence.is_open

    async def step(self) -> float:
        return await self.election.step()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


def candidate(cluster: FakeCluster, clock: Clock, identity: str = "a") -> Candidate:
    return Candidate(cluster, clock, identity)


def holder(cluster: FakeCluster) -> str:
    return str(cluster.objects[LEASE_KEY]["spec"]["holderIdentity"])


async def test_the_first_one_creates_the_lease_and_leads(cluster: FakeCluster, clock: Clock) -> None:
    a = candidate(cluster, clock)
    assert not a.may_write
    assert await a.step() == RENEW_SECONDS
    assert (a.election.role, a.may_write, holder(cluster)) == (Role.LEADER, True, "a")


async def test_the_second_one_stands_by(cluster: FakeCluster, clock: Clock) -> None:
    await candidate(cluster, clock).step()
    b = candidate(cluster, clock, "b")
    assert await b.step() == RETRY_SECONDS
    assert (b.election.role, b.may_write, b.roles) == (Role.FOLLOWER, False, [])


async def test_a_renewed_lease_is_never_taken(cluster: FakeCluster, clock: Clock) -> None:
    a, b = candidate(cluster, clock), candidate(cluster, clock, "b")
    for _ in range(20):
        await a.step()
        await b.step()
        clock.now += RENEW_SECONDS
    assert (a.election.role, b.election.role) == (Role.LEADER, Role.FOLLOWER)
    assert cluster.objects[LEASE_KEY]["spec"]["leaseTransitions"] == 1


async def test_a_lease_that_is_no_longer_renewed_is_taken_after_its_duration(
    cluster: FakeCluster, clock: Clock
) -> None:
    await candidate(cluster, clock).step()
    b = candidate(cluster, clock, "b")
    await b.step()
    clock.now += LEASE_SECONDS - 0.1
    await b.step()
    assert b.election.role is Role.FOLLOWER
    clock.now += 0.1
    await b.step()
    assert (b.election.role, holder(cluster)) == (Role.LEADER, "b")


async def test_the_fence_of_a_leader_that_stood_still_closes_before_anyone_else_may_lead(
    cluster: FakeCluster, clock: Clock
) -> None:
    a, b = candidate(cluster, clock), candidate(cluster, clock, "b")
    await a.step()
    await b.step()
    for _ in range(LEASE_SECONDS * 10):
        clock.now += 0.1
        await b.step()
        assert not (a.may_write and b.may_write)
    assert b.may_write
    await a.step()
    assert (a.election.role, a.roles) == (Role.FOLLOWER, [Role.LEADER, Role.FOLLOWER])


async def test_a_restarted_container_of_the_same_pod_takes_its_own_lease_back_at_once(
    cluster: FakeCluster, clock: Clock
) -> None:
    await candidate(cluster, clock).step()
    again = candidate(cluster, clock)
    await again.step()
    assert again.election.role is Role.LEADER


async def test_who_resigns_is_followed_at_once(cluster: FakeCluster, clock: Clock) -> None:
    a, b = candidate(cluster, clock), candidate(cluster, clock, "b")
    await a.step()
    await b.step()
    await a.election.resign()
    assert (a.may_write, holder(cluster)) == (False, "")
    await b.step()
    assert (b.election.role, holder(cluster)) == (Role.LEADER, "b")


async def test_a_follower_that_ends_leaves_the_lease_alone(cluster: FakeCluster, clock: Clock) -> None:
    await candidate(cluster, clock).step()
    b = candidate(cluster, clock, "b")
    await b.step()
    await b.election.resign()
    assert holder(cluster) == "a"


async def test_a_leader_without_an_api_server_keeps_its_role_until_its_fence_closes_and_comes_back(
    cluster: FakeCluster, clock: Clock
) -> None:
    a = candidate(cluster, clock)
    await a.step()
    cluster.fault = failing(UnreachableError("gone"), times=10_000)
    await a.step()
    assert a.election.role is Role.LEADER
    clock.now += FENCE_SECONDS
    await a.step()
    assert (a.election.role, a.may_write) == (Role.CUT_OFF, False)
    cluster.fault = lambda _call: None
    await a.step()
    assert a.roles == [Role.LEADER, Role.CUT_OFF, Role.LEADER]


async def test_a_leader_whose_answer_was_lost_still_leads(cluster: FakeCluster, clock: Clock) -> None:
    a = candidate(cluster, clock)
    await a.step()
    cluster.seed(cluster.objects[LEASE_KEY])  # the renewal that it does not know of
    await a.step()
    await a.step()
    assert (a.election.role, a.roles) == (Role.LEADER, [Role.LEADER])


async def test_a_lease_that_somebody_deletes_is_created_again(cluster: FakeCluster, clock: Clock) -> None:
    a = candidate(cluster, clock)
    await a.step()
    cluster.remove(LEASE_KEY)
    assert await a.step() == 0
    await a.step()
    assert (a.election.role, holder(cluster)) == (Role.LEADER, "a")


async def test_two_that_create_the_lease_at_once_do_not_both_lead(cluster: FakeCluster, clock: Clock) -> None:
    a, b = candidate(cluster, clock), candidate(cluster, clock, "b")
    await asyncio.gather(a.step(), b.step())
    await asyncio.gather(a.step(), b.step())
    assert sorted([a.election.role, b.election.role]) == [Role.FOLLOWER, Role.LEADER]


async def test_a_missing_namespace_is_an_error_at_once(cluster: FakeCluster, clock: Clock) -> None:
    missing: ClusterError = NotFoundError("namespaces system not found")
    cluster.fault = failing(missing, verb="create")
    with pytest.raises(NotFoundError, match="system"):
        await candidate(cluster, clock).step()
