"""The operator's process: puts the parts together, runs them, and takes them down in order."""

import asyncio
import contextlib
import functools
import logging
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import uvloop
from aiohttp import web

from bertrelease_operator.adapters.cluster import Cluster
from bertrelease_operator.adapters.connection import Connection, connect
from bertrelease_operator.adapters.errors import ClusterError
from bertrelease_operator.adapters.fencing import Fence, FencedCluster
from bertrelease_operator.adapters.gates.registry import gate_runners
from bertrelease_operator.adapters.http_cluster import HttpCluster
from bertrelease_operator.adapters.notify.addresses import address_of
from bertrelease_operator.adapters.notify.apprise import AppriseMessages
from bertrelease_operator.adapters.notify.webhook import Webhook
from bertrelease_operator.adapters.pod_metrics import PodMetrics
from bertrelease_operator.adapters.predictions import WithPredictions
from bertrelease_operator.adapters.prometheus import Prometheus
from bertrelease_operator.api.health import SourceKind
from bertrelease_operator.api.notifications import ReceiverKind
from bertrelease_operator.runtime.controller import Controller, Inbox
from bertrelease_operator.runtime.election import Election
from bertrelease_operator.runtime.execution import Executor
from bertrelease_operator.runtime.gates import GateKeeper
from bertrelease_operator.runtime.health import Health, application
from bertrelease_operator.runtime.heartbeat import WatchHeartbeat
from bertrelease_operator.runtime.kinds import Kinds, NewKindError
from bertrelease_operator.runtime.logs import configure
from bertrelease_operator.runtime.notifier import Notifier
from bertrelease_operator.runtime.options import Options, parse_options
from bertrelease_operator.runtime.pods import targets_of
from bertrelease_operator.runtime.queue import WorkQueue
from bertrelease_operator.runtime.quiet import QuietGate
from bertrelease_operator.runtime.reconciler import Parts, Reconciler
from bertrelease_operator.runtime.records import ReleaseKey
from bertrelease_operator.runtime.remote_upstreams import RemoteUpstreams
from bertrelease_operator.runtime.reporter import Reporter
from bertrelease_operator.runtime.store import Store
from bertrelease_operator.runtime.sweep import Sweep
from bertrelease_operator.runtime.telemetry import Telemetry
from bertrelease_operator.runtime.upstreams import Upstreams
from bertrelease_operator.runtime.watcher import EvidenceWatcher
from bertrelease_operator.runtime.watches import ClusterWatches, unwatched

logger = logging.getLogger(__name__)

# What is at work may finish; then the lease is given away. Together well below a pod's grace period.
DRAIN_SECONDS: Final = 1.5
_WATCH_STOP_SECONDS: Final = 0.5


def main() -> None:
    """Entry point. Exit status 0 after SIGTERM or SIGINT, 1 on a failure that a restart may or may not mend."""
    options = parse_options(sys.argv[1:])
    configure(options.log_level)
    try:
        uvloop.run(_run(options))
    except (ClusterError, NewKindError) as error:
        logger.critical("%s", error)
        sys.exit(1)
    except Exception:
        logger.critical("the operator stops because of a fault", exc_info=True)
        sys.exit(1)


async def _run(options: Options) -> None:
    telemetry = Telemetry()
    connection = await connect(options.kubeconfig, options.context)
    async with HttpCluster(connection, telemetry.observe_request) as cluster, aiohttp.ClientSession() as session:
        operator = Operator.assemble(options, connection, cluster, session, telemetry)
        async with operator.served(options):
            await operator.run(options.workers)


@dataclass(frozen=True, slots=True)
class Operator:
    """The parts that run."""

    controller: Controller
    election: Election
    watches: ClusterWatches
    sweep: Sweep
    kinds: Kinds
    queue: WorkQueue[ReleaseKey]
    watcher: EvidenceWatcher
    web: web.Application

    @classmethod
    def assemble(
        cls,
        options: Options,
        connection: Connection,
        cluster: Cluster,
        session: aiohttp.ClientSession,
        telemetry: Telemetry,
    ) -> "Operator":
        store, gate, heartbeat, fence = Store(), QuietGate(), WatchHeartbeat(), Fence()
        queue: WorkQueue[ReleaseKey] = WorkQueue(asyncio.get_running_loop())
        fenced, kinds = FencedCluster(cluster, fence), Kinds(cluster)
        inbox = Inbox(store, queue, heartbeat, telemetry)
        sweep = Sweep(store, cluster, inbox.wake, kinds=kinds, namespaces=options.namespaces)
        inbox.sweep = sweep
        watcher = EvidenceWatcher(
            {
                SourceKind.PODS: WithPredictions(PodMetrics(session), session),
                SourceKind.PROMETHEUS: WithPredictions(Prometheus(session), session),
            },
            functools.partial(targets_of, store),
            inbox.wake,
            telemetry.observe_look,
        )
        gatekeeper = GateKeeper(gate_runners(fenced, session), inbox.wake)
        reporter = Reporter(fenced)
        notifier = Notifier(
            {ReceiverKind.WEBHOOK: Webhook(session), ReceiverKind.APPRISE: AppriseMessages()},
            functools.partial(address_of, cluster),
            may_send=lambda: fence.is_open,
            on_told=inbox.wake,
            tell_event=functools.partial(reporter.tell_of, store),
            count=telemetry.count_notification,
        )
        upstreams = Upstreams(store, RemoteUpstreams(cluster, inbox.wake), inbox.wake, options.namespaces)
        store.listener = upstreams.heard
        parts = Parts(
            store=store,
            executor=Executor(fenced, store, heartbeat, gate, telemetry),
            watcher=watcher,
            gatekeeper=gatekeeper,
            notifier=notifier,
            gate=gate,
            reporter=reporter,
            telemetry=telemetry,
            kinds=kinds,
            upstreams=upstreams,
            mesh_identity=options.mesh_identity,
        )
        controller = Controller(
            cluster,
            kinds=kinds,
            store=store,
            queue=queue,
            inbox=inbox,
            watcher=watcher,
            gatekeeper=gatekeeper,
            notifier=notifier,
            reconciler=Reconciler(parts),
            telemetry=telemetry,
            upstreams=upstreams,
            namespaces=options.namespaces,
        )
        election = Election(
            cluster,
            fence,
            namespace=options.lease_namespace,
            name=options.lease_name,
            identity=options.identity,
            on_change=controller.on_role,
        )
        health = Health(queue, heartbeat, lambda: unwatched(asyncio.all_tasks(), kinds.watched))
        return cls(
            controller=controller,
            election=election,
            watches=ClusterWatches(connection, inbox.receive, kinds, options.namespaces),
            sweep=sweep,
            kinds=kinds,
            queue=queue,
            watcher=watcher,
            web=application(health, controller, queue, watcher, telemetry),
        )

    @contextlib.asynccontextmanager
    async def served(self, options: Options) -> AsyncIterator[None]:
        """Answers on the port of `options` meanwhile."""
        runner = web.AppRunner(self.web, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, options.address, options.port).start()
            yield
        finally:
            await runner.cleanup()

    async def run(self, workers: int) -> None:
        """Until SIGTERM or SIGINT; raises what any part raises."""
        await self.kinds.find()
        stop = asyncio.Event()
        parts = [
            asyncio.create_task(part, name=name)
            for name, part in {
                "watches": self.watches.run(on_started=lambda: _stop_on_signals(stop)),
                "prime": self.controller.prime(),
                "election": self.election.run(),
                "sweep": self.sweep.run(),
                "kinds": self.kinds.run(),
                **{f"worker {number}": self.controller.work() for number in range(workers)},
            }.items()
        ]
        _stop_on_signals(stop)
        try:
            await _first_failure(parts, stop)
        finally:
            await self._shut_down(parts)

    async def _shut_down(self, parts: list[asyncio.Task[None]]) -> None:
        """No new work, the running passes to their end, then the lease to whoever waits for it."""
        self.controller.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await self.queue.drained()
        for part in parts:
            part.cancel()
        await self.election.resign()
        await asyncio.wait(parts, timeout=_WATCH_STOP_SECONDS)


async def _first_failure(parts: list[asyncio.Task[None]], stop: asyncio.Event) -> None:
    """Returns when `stop` is set. Raises what the first part to fail raises."""
    stopped = asyncio.create_task(stop.wait())
    running: set[asyncio.Task[Any]] = {stopped, *parts}
    try:
        while not stopped.done():
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        stopped.cancel()


def _stop_on_signals(stop: asyncio.Event) -> None:
    """kopf sets handlers of its own when it starts, so this is done again after it."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
