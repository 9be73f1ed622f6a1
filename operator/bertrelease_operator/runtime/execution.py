"""Carries a plan out, write by write, as far as it goes."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.errors import ClusterError, InvalidError
from bertrelease_operator.adapters.resources import resource_of
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.runtime.heartbeat import WatchHeartbeat
from bertrelease_operator.runtime.planning import Apply, Delete, Stage, StatusPatch, Write
from bertrelease_operator.runtime.quiet import QuietGate
from bertrelease_operator.runtime.records import key_of
from bertrelease_operator.runtime.store import Store
from bertrelease_operator.runtime.telemetry import Telemetry


@dataclass(slots=True)
class Outcome:
    """What came of a plan."""

    written: list[Write] = field(default_factory=list)
    errors: list[ClusterError] = field(default_factory=list)
    failed_stages: set[Stage] = field(default_factory=set)
    held_back: bool = False  # writes that the mesh would see wait for the quiet to end


class Executor:
    """Writes, and remembers each answer at once, so that the next observation is never older than what was written."""

    def __init__(
        self, cluster: Cluster, store: Store, heartbeat: WatchHeartbeat, gate: QuietGate, telemetry: Telemetry
    ) -> None:
        self._cluster = cluster
        self._store = store
        self._heartbeat = heartbeat
        self._gate = gate
        self._telemetry = telemetry

    async def execute(self, writes: Iterable[Write], *, quiet: bool) -> Outcome:
        """With `quiet`, nothing that istiod watches is written, except a rescue. Raises NotLeaderError.

        A failed write does not keep the others from being tried, but for the route: it moves forward only on top
        of everything else.
        """
        outcome = Outcome()
        for write in writes:
            if write.stage.is_seen_by_mesh and (quiet or self._gate.remaining_seconds):
                outcome.held_back = True
            elif write.stage > Stage.STATUS and (outcome.errors or outcome.held_back):
                continue
            else:
                await self._try(write, outcome)
        return outcome

    async def _try(self, write: Write, outcome: Outcome) -> None:
        try:
            if write.stage is Stage.RESCUE:
                await self._rescue(write)
            else:
                await self._write(write)
        except ClusterError as error:
            outcome.errors.append(error)
            outcome.failed_stages.add(write.stage)
            return
        outcome.written.append(write)
        self._telemetry.writes.labels(write.obj["kind"], write.stage.name.lower()).inc()

    async def _rescue(self, write: Write) -> None:
        started = time.monotonic()
        self._gate.close()  # before the request, so that no other release slips in behind it
        await self._write(write)
        self._gate.close()
        self._telemetry.route_seconds.observe(time.monotonic() - started)

    async def _write(self, write: Write) -> None:
        match write:
            case Apply(obj=obj, resource_version=resource_version):
                self._remember(await self._apply(obj, resource_version))
            case StatusPatch(obj=obj):
                self._remember(await self._cluster.merge(obj, subresource="status"))
            case Delete(obj=obj):
                metadata = obj["metadata"]
                resource = resource_of(obj)
                await self._cluster.delete(resource, metadata["namespace"], metadata["name"], uid=metadata["uid"])
                self._store.remove(key_of(obj), int(metadata["resourceVersion"]))

    async def _apply(self, obj: KubeObject, resource_version: str | None) -> KubeObject:
        """An apply leaves list items of others alone, and may be refused because of them: then the list goes."""
        try:
            return await self._cluster.apply(obj, resource_version=resource_version)
        except InvalidError:
            if self._store.get(key_of(obj)) is None:
                raise
            return await self._cluster.merge(_if_still(obj, resource_version))

    def _remember(self, stored: KubeObject) -> None:
        self._store.put(stored)
        self._heartbeat.wrote(stored)


def _if_still(obj: KubeObject, resource_version: str | None) -> KubeObject:
    """To be written on condition that nobody else has written meanwhile; without a version unconditionally."""
    if resource_version is None:
        return obj
    return {**obj, "metadata": {**obj["metadata"], "resourceVersion": resource_version}}
