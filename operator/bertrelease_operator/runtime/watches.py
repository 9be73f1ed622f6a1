"""kopf as the source of events, and nothing else: it watches, we remember and queue.

Its handlers for `create` and `update` keep their progress in the objects, and its indices cost a wake-up of every
waiting object for each one that is listed; neither is used. Of the low-level events nothing is kept by kopf: no
finalizers, no annotations, no Events, no peering. See docs/adr/0002-kopf-as-event-source.md.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import kopf

from bertrelease_operator.adapters.connection import Connection
from bertrelease_operator.adapters.resources import ResourceType
from bertrelease_operator.render.metadata import KubeObject
from bertrelease_operator.runtime.kinds import Kinds

# (object, event type: None while listing, else ADDED, MODIFIED or DELETED)
EventListener = Callable[[KubeObject, str | None], None]

_PAGE_SIZE: Final = 250
# A watch request ends after this time even if all is well, so that a dead connection cannot last.
_WATCH_SECONDS: Final = 600
_INACTIVITY_SECONDS: Final = 75  # the API server sends a bookmark each minute
_WORKER_IDLE_SECONDS: Final = 0.05
_MOST_WORKERS: Final = 200
# Peering is off, yet kopf would make up an identity from the user's name, which a container's user does not have.
_IDENTITY: Final[Any] = "bertrelease-operator"


class _Backoffs:
    """Endless: a watch must not give up, only slow down."""

    def __iter__(self) -> Iterator[float]:
        yield from (0.05, 0.1, 0.2, 0.5)
        while True:
            yield 1.0


class _Nothing(kopf.DiffBaseStorage):
    """kopf compares objects with what it stored of them; without handlers that ask for it this is work in vain."""

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> Any:
        return None

    def store(self, **_: Any) -> None:
        pass


class ClusterWatches:
    """Runs kopf inside our own event loop."""

    def __init__(
        self, connection: Connection, listener: EventListener, kinds: Kinds, namespaces: tuple[str, ...] = ()
    ) -> None:
        self._connection = connection
        self._listener = listener
        self._kinds = kinds
        self._namespaces = namespaces

    async def run(self, on_started: Callable[[], None]) -> None:
        """Returns only by cancellation; raises what kopf cannot recover from, such as a missing permission.

        `on_started` is called when kopf has set its signal handlers, so that they can be replaced.
        """
        tasks = await kopf.spawn_tasks(
            registry=self._registered(),
            settings=_settings(self._kinds.watched),
            standalone=True,
            clusterwide=not self._namespaces,
            namespaces=list(self._namespaces),
            identity=_IDENTITY,
        )
        on_started()
        await kopf.run_tasks(tasks, ignored={task for task in asyncio.all_tasks() if task not in tasks})
        raise RuntimeError("kopf stopped watching by itself")

    def _registered(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry)(self._login)
        for resource in self._kinds.watched:
            kopf.on.event(resource.group, resource.version, resource.plural, registry=registry, id=resource.plural)(
                self._on_event
            )
        return registry

    async def _on_event(self, event: kopf.RawEvent, **_: Any) -> None:
        self._listener(dict(event["object"]), event["type"])

    async def _login(self, **_: Any) -> kopf.ConnectionInfo:
        configuration = self._connection.configuration
        header = await self._connection.authorization() or ""
        scheme, _space, token = header.partition(" ")
        return kopf.ConnectionInfo(
            server=self._connection.server,
            ca_path=configuration.ssl_ca_cert,
            insecure=not configuration.verify_ssl,
            scheme=scheme or None,
            token=token or None,
            certificate_path=configuration.cert_file,
            private_key_path=configuration.key_file,
        )


def _settings(watched: Iterable[ResourceType]) -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.persistence.diffbase_storage = _Nothing()
    settings.networking.error_backoffs = _Backoffs()
    settings.queueing.idle_timeout = _WORKER_IDLE_SECONDS
    settings.queueing.worker_limit = _MOST_WORKERS
    settings.queueing.exit_timeout = 0.2
    settings.watching.server_timeout = _WATCH_SECONDS
    settings.watching.inactivity_timeout = _INACTIVITY_SECONDS
    settings.watching.connect_timeout = 5
    settings.watching.chunk_size = _PAGE_SIZE
    for resource in watched:
        if resource.label_selector:
            named = (resource.group, resource.version, resource.plural)
            settings.watching.label_selectors[named] = resource.label_selector
    return settings


def unwatched(tasks: Iterable[asyncio.Task[Any]], wanted: Iterable[ResourceType]) -> list[str]:
    """Kinds of `wanted` that no live task of kopf watches, by its name: a watch may end without a word (issue 1276)."""
    names = [task.get_name() for task in tasks if not task.done()]
    watched = {name.removeprefix("watcher for ").partition(".")[0] for name in names if name.startswith("watcher for ")}
    return [resource.plural for resource in wanted if resource.plural not in watched]
