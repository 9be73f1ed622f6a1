"""Leader election by Lease: one operator writes, the others stand by with warm caches.

The clocks of two machines are never compared: a lease counts as expired when it has not changed for its whole
duration by the clock of the one that looks (as in client-go's leader election).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Final

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ConflictError, NotFoundError, UnreachableError
from bertrelease_operator.adapters.fencing import Fence, boot_seconds
from bertrelease_operator.adapters.http_cluster import REQUEST_TIMEOUT_SECONDS
from bertrelease_operator.adapters.lease import LeaseRecord
from bertrelease_operator.adapters.resources import LEASE
from bertrelease_operator.render.metadata import KubeObject

LEASE_SECONDS: Final = 15
RENEW_SECONDS: Final = 3.0
RETRY_SECONDS: Final = 1.0
# A write that passes the fence must have ended, well or not, before anyone else may take the lease.
FENCE_SECONDS: Final = LEASE_SECONDS - REQUEST_TIMEOUT_SECONDS - 1


class Role(StrEnum):
    FOLLOWER = "follower"
    LEADER = "leader"
    CUT_OFF = "cut-off"  # was the leader and cannot renew; nobody else is known to have taken over


RoleListener = Callable[[Role, Role], None]


class Election:
    """Holds or awaits the lease. `on_change(old, new)` is called at every change of role."""

    def __init__(
        self,
        cluster: Cluster,
        fence: Fence,
        *,
        namespace: str,
        name: str,
        identity: str,
        on_change: RoleListener,
        clock: Callable[[], float] = boot_seconds,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._cluster = cluster
        self._fence = fence
        self._identity = identity
        self._on_change = on_change
        self._clock = clock
        self._now = now
        self._sleep = sleep
        self._record = LeaseRecord(namespace, name)
        self._seen_at = clock()  # when the lease was first seen as `_record` has it
        self.role = Role.FOLLOWER

    async def run(self) -> None:
        """Never returns. Raises ForbiddenError without a right to the lease, NotFoundError without its namespace."""
        while True:
            await self._sleep(await self.step())

    async def step(self) -> float:
        """One request or two; returns the seconds until the next step is due."""
        try:
            if self.role is not Role.LEADER:
                await self._look()
                if not self._may_take():
                    self._become(Role.FOLLOWER)
                    return RETRY_SECONDS
            await self._hold()
        except ConflictError:
            # Somebody wrote the lease: perhaps we did, and the answer was lost.
            await self._after_conflict()
            return RETRY_SECONDS
        except NotFoundError:
            if self.role is not Role.LEADER:
                raise  # the namespace is missing
            self._record = LeaseRecord(self._record.namespace, self._record.name, holder=self._identity)
            return 0.0
        except UnreachableError:
            if self.role is Role.LEADER and not self._fence.is_open:
                self._become(Role.CUT_OFF)
            return RETRY_SECONDS
        return RENEW_SECONDS

    async def resign(self) -> None:
        """Gives the lease away, so that a standby need not wait for its end. Does nothing if it is not ours."""
        was_leader = self.role is Role.LEADER
        self._fence.close()
        self._become(Role.FOLLOWER)
        if was_leader:
            try:
                await self._cluster.replace(self._record.held_by("", 1, self._now()))
            except (ConflictError, NotFoundError, UnreachableError):
                return  # it runs out by itself

    async def _look(self) -> None:
        try:
            found = await self._cluster.get(LEASE, self._record.namespace, self._record.name)
        except NotFoundError:
            self._record = LeaseRecord(self._record.namespace, self._record.name)
            return
        self._see(found)

    def _see(self, found: KubeObject) -> None:
        record = LeaseRecord.of(found)
        if record.resource_version != self._record.resource_version:
            self._record, self._seen_at = record, self._clock()

    def _may_take(self) -> bool:
        if self._record.holder in {"", self._identity}:
            return True
        return self._clock() - self._seen_at >= self._record.duration_seconds

    async def _hold(self) -> None:
        """Takes or renews the lease."""
        sent_at = self._clock()
        lease = self._record.held_by(self._identity, LEASE_SECONDS, self._now())
        if self._record.resource_version:
            self._see(await self._cluster.replace(lease))
        else:
            self._see(await self._cluster.create(lease))
        self._fence.open_until(sent_at + FENCE_SECONDS)
        self._become(Role.LEADER)

    async def _after_conflict(self) -> None:
        if self.role is not Role.LEADER:
            return
        try:
            await self._look()
        except UnreachableError:
            return
        if self._record.holder != self._identity:
            self._fence.close()
            self._become(Role.FOLLOWER)

    def _become(self, role: Role) -> None:
        if role is not self.role:
            before, self.role = self.role, role
            self._on_change(before, role)
