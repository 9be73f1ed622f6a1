"""What becomes of requests whose clients close the connection before the answer."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bert_server.app import create_app
from bert_server.connections import Limits
from bert_server.inference.jobs import Job, JobResult
from bert_server.models import EncoderModel, Models
from bert_server.service import Service
from bert_server.settings import Settings
from tests.unit.server.conftest import NextInVocabulary
from tests.unit.server.raw_http import Connection, post, serving

LIMITS = Limits(max_connections=10, receive_seconds=5, send_seconds=5)


class Held(NextInVocabulary):
    """Computes when its gate is open."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.inside = threading.Event()
        self.jobs = 0

    def run(self, jobs: Sequence[Job]) -> list[JobResult]:
        self.inside.set()
        self.gate.wait()
        self.jobs += len(jobs)
        return super().run(jobs)


class Scene:
    def __init__(self, service: Service, runner: Held, port: int) -> None:
        self.service = service
        self.runner = runner
        self._port = port

    async def ask(self, text: str, padding: int = 0) -> Connection:
        """`padding` bytes come a moment after the others, and all at once."""
        connection = await Connection.open(self._port)
        request = post("/fill-mask", f'{{"text": "{text}[MASK]"{" " * padding}}}'.encode())
        if padding:
            await connection.send(request[:-padding])
            await asyncio.sleep(0.05)
        await connection.send(request[-padding:])
        return connection

    async def waiting_jobs(self, expected: int) -> None:
        async with asyncio.timeout(5):
            while self.service.scheduler.waiting_jobs != expected:  # noqa: ASYNC110  there is no event for it
                await asyncio.sleep(0.001)

    async def counted(self, status: str, expected: float) -> None:
        labels = {"endpoint": "/fill-mask", "status": status, "version": "v1"}
        registry = self.service.metrics.registry
        async with asyncio.timeout(5):
            while registry.get_sample_value("bert_requests_total", labels) != expected:  # noqa: ASYNC110
                await asyncio.sleep(0.001)


@pytest.fixture
async def scene(model: EncoderModel) -> AsyncIterator[Scene]:
    """A server whose engine computes somebody's first request until the gate opens."""
    runner = Held()
    service = Service(Settings(bundle=(Path("/nowhere"),), version="v1", deadline_seconds=20))
    service.adopt(Models([EncoderModel(model.manifest, model.tokenizer, runner, {})]), 1)
    async with _occupied(service, runner) as scene:
        yield scene
    service.close()


@asynccontextmanager
async def _occupied(service: Service, runner: Held) -> AsyncIterator[Scene]:
    async with serving(create_app(service), LIMITS) as port:
        scene = Scene(service, runner, port)
        first = await scene.ask("上")
        await asyncio.to_thread(runner.inside.wait)
        try:
            yield scene
        finally:
            runner.gate.set()
            first.close()


async def test_what_a_client_no_longer_waits_for_is_not_computed_and_counts_as_499(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    connections = [await scene.ask(text) for text in "天地人"]
    await scene.waiting_jobs(3)
    for connection in connections:
        connection.writer.transport.abort()
    await scene.waiting_jobs(0)
    await scene.counted("499", 3)
    scene.runner.gate.set()
    await scene.counted("200", 1)
    assert scene.runner.jobs == 1
    assert len(scene.service.predictions.since(None).predictions) == 1
    assert caplog.records == []


async def test_a_client_that_leaves_is_noticed_however_long_its_request_was(scene: Scene) -> None:
    connection = await scene.ask("天", padding=120_000)
    await scene.waiting_jobs(1)
    connection.writer.transport.abort()
    await scene.waiting_jobs(0)
    await scene.counted("499", 1)


async def test_a_client_that_leaves_takes_the_answer_from_nobody_else(scene: Scene) -> None:
    leaving = await scene.ask("天")
    await scene.waiting_jobs(1)
    staying = await scene.ask("天")
    leaving.writer.transport.abort()
    await scene.counted("499", 1)
    scene.runner.gate.set()
    assert (await staying.answer()).status == 200
    staying.close()


async def test_a_client_that_leaves_after_the_answer_has_been_answered(scene: Scene) -> None:
    connection = await scene.ask("天")
    scene.runner.gate.set()
    assert (await connection.answer()).status == 200
    connection.writer.transport.abort()
    await scene.counted("200", 2)
