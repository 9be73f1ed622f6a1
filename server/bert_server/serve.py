"""Running the server as a process: listen first, then load, serve, and drain."""

import asyncio
import contextlib
import gc
import logging
import math
import os
import socket
import sys
from collections.abc import AsyncGenerator, Coroutine, Generator
from functools import partial
from typing import Any, cast

import uvicorn
import uvloop
from starlette.types import ASGIApp

from bert_server.app import create_app, import_middleware
from bert_server.connections import GuardedProtocol, Limits
from bert_server.draining import DrainingServer
from bert_server.errors import SettingsError
from bert_server.loading_thread import Loading
from bert_server.service import Service
from bert_server.settings import Settings
from bert_server.telemetry.logs import EXTRA_FIELDS, configure_logging
from bert_server.telemetry.scraping import scraped_app, start_scrape_server
from bert_server.telemetry.tracing import Tracing

logger = logging.getLogger(__name__)

BACKLOG_CONNECTIONS = 2048
# How long one thread may keep the interpreter from the others: refusals and probes should not wait the usual 5 ms for
# the thread that reads results out of an inference.
SWITCH_SECONDS = 0.0005


def run(settings: Settings, loading: Loading) -> int:
    """Serve what is being loaded, until told to stop.

    Returns the exit status: 0, or 1 if the model could not be loaded and that ends it.

    Raises SettingsError if a port is taken or a middleware cannot be imported.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(settings, loading))


async def _serve(settings: Settings, loading: Loading) -> int:
    service = Service(settings, loading)
    configure_logging(settings.log_level, lambda: service.identity)
    with _tracing(settings) as tracing, _listener(settings) as listener, _metrics_server(service) as metrics_port:
        app = create_app(service, import_middleware(settings.middleware), tracing)
        server = DrainingServer(_uvicorn_config(app, settings), service)
        server.obey_signals()
        _announce(settings, listener.getsockname()[1], metrics_port)
        async with _beside(
            service.load(),
            service.repeat_golden(),
            server.drain_when_told(),
            _give_up(service, server),
            _spare_collector(service),
        ):
            await server.serve(sockets=[listener])
        await service.disconnect()
    status = 1 if service.load_failed.is_set() and settings.load_failure_exit_seconds else 0
    if service.close():
        logger.info("stopped")
    else:
        logger.warning("stopped while the model was still at work")
        logging.shutdown()
        # The interpreter cannot end a thread that is inside the inference library: it would abort.
        os._exit(status)
    return status


def _uvicorn_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=cast(
            type[asyncio.Protocol],  # uvicorn calls it as it would the class
            partial(
                GuardedProtocol,
                limits=Limits(settings.max_connections, settings.receive_seconds, settings.send_seconds),
            ),
        ),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=math.ceil(settings.shutdown_seconds),
    )


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    both = settings.host == "::" and socket.has_dualstack_ipv6()  # as the metrics port has it by itself
    address = settings.host, settings.port
    try:
        return socket.create_server(address, family=family, backlog=BACKLOG_CONNECTIONS, dualstack_ipv6=both)
    except OSError as error:
        raise SettingsError(
            f"port: cannot listen on {settings.host} port {settings.port}: {error.strerror}; "
            f"choose another with --port, or stop what uses it"
        ) from error


@contextlib.contextmanager
def _tracing(settings: Settings) -> Generator[Tracing | None]:
    """What is recorded is sent before the end."""
    if settings.otlp_endpoint is None:
        yield None
        return
    tracing = Tracing(settings.otlp_endpoint, settings.trace_share, settings.version, settings.release)
    try:
        yield tracing
    finally:
        tracing.close()


@contextlib.contextmanager
def _metrics_server(service: Service) -> Generator[int]:
    """A listener with threads of its own, so that a scrape is answered whatever the event loop does."""
    settings = service.settings
    app = scraped_app(service.metrics.registry, service.predictions)
    try:
        server, thread = start_scrape_server(app, settings.host, settings.metrics_port)
    except OSError as error:
        raise SettingsError(
            f"metrics_port: cannot listen on {settings.host} port {settings.metrics_port}: {error.strerror}; "
            f"choose another with --metrics-port, or stop what uses it"
        ) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.asynccontextmanager
async def _beside(*jobs: Coroutine[Any, Any, object]) -> AsyncGenerator[None]:
    """Run the jobs as tasks while the block runs; the block's end cancels them."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _give_up(service: Service, server: DrainingServer) -> None:
    """End the process some time after the model failed to load, if the settings ask for it."""
    await service.load_failed.wait()
    if service.settings.load_failure_exit_seconds:
        await asyncio.sleep(service.settings.load_failure_exit_seconds)
        server.should_exit = True


async def _spare_collector(service: Service) -> None:
    """Have the garbage collector leave alone what is there once the models are loaded, since that stays.

    A full collection walks all of it: 13 to 30 ms, in which no request is answered and no probe.
    """
    await service.loaded.wait()
    gc.freeze()


def _announce(settings: Settings, port: int, metrics_port: int) -> None:
    fields = {"port": port, "metrics_port": metrics_port, "middleware": list(settings.middleware)}
    logger.info("listening on %s, port %d", settings.host, port, extra={EXTRA_FIELDS: fields})
