"""The source that scrapes pods, against real HTTP servers on loopback addresses."""

import asyncio

import pytest
from aiohttp import web

from bertrelease_operator.adapters import bodies, pod_http
from bertrelease_operator.adapters.source import PodTarget
from tests.unit.operator.adapters.pods import Handler, Pods, answering, target

GOOD = 'bert_requests_total{status="200"} 7\nbert_model_loaded 1\n'


async def test_all_pods_of_both_versions_are_read(pods: Pods) -> None:
    await pods.start("127.0.0.11", answering(GOOD))
    await pods.start("127.0.0.12", answering(GOOD))
    look = await pods.look(target(11), target(12, "v1.0.0"))
    assert look.at == 1000.0
    assert [(r.pod, r.version, r.counters.requests if r.counters else None) for r in look.readings] == [
        ("uid-11", "v1.1.0", 7),
        ("uid-12", "v1.0.0", 7),
    ]
    assert look.down == frozenset()


async def test_a_pod_that_is_not_ready_is_read_too_because_there_a_failed_load_shows(pods: Pods) -> None:
    await pods.start("127.0.0.11", answering("bert_model_load_failures_total 1\n"))
    look = await pods.look(target(11, ready=False))
    assert look.readings[0].model_load_failures == 1


async def test_a_version_whose_ready_pods_do_not_answer_is_down(pods: Pods) -> None:
    await pods.start("127.0.0.11", answering(GOOD))
    look = await pods.look(target(11, "v1.0.0"), target(12))
    assert look.down == {"v1.1.0"}


@pytest.mark.parametrize("handler", [answering("", 500), answering('bert_requests_total{status="2')])
async def test_an_answer_that_makes_no_sense_is_none(pods: Pods, handler: Handler) -> None:
    await pods.start("127.0.0.11", handler)
    assert (await pods.look(target(11))).down == {"v1.1.0"}


async def test_nobody_is_asked_instead_of_the_pod(pods: Pods) -> None:
    asked: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(text=GOOD)

    async def redirect(_request: web.Request) -> web.Response:
        raise web.HTTPFound(f"http://127.0.0.12:{pods.port}/metrics")

    await pods.start("127.0.0.11", redirect)
    await pods.start("127.0.0.12", elsewhere)
    assert (await pods.look(target(11))).down == {"v1.1.0"}
    assert asked == []


async def test_one_ready_pod_that_answers_keeps_its_version_up(pods: Pods) -> None:
    await pods.start("127.0.0.11", answering(GOOD))
    assert (await pods.look(target(11), target(12))).down == frozenset()


async def test_pods_that_are_not_ready_or_have_no_address_say_nothing_about_the_source(pods: Pods) -> None:
    await pods.start("127.0.0.19", answering(GOOD))
    without_address = PodTarget("uid-1", "pod-1", "", "v1.1.0")
    look = await pods.look(target(12, ready=False), without_address)
    assert (look.readings, look.down) == ((), frozenset())


async def test_a_pod_that_hangs_does_not_hold_up_the_others(pods: Pods, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_http, "SCRAPE_TIMEOUT_SECONDS", 0.1)
    over = asyncio.Event()

    async def hanging(_request: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    await pods.start("127.0.0.11", hanging)
    await pods.start("127.0.0.12", answering(GOOD))
    look = await pods.look(target(11), target(12, "v1.0.0"))
    over.set()
    assert [reading.version for reading in look.readings] == ["v1.0.0"]
    assert look.down == {"v1.1.0"}


async def test_a_page_without_end_is_cut_off(pods: Pods, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGEST_BODY_BYTES", 10_000)
    await pods.start("127.0.0.11", answering(GOOD + "# nothing\n" * 1_000_000))
    assert len((await pods.look(target(11))).readings) == 1


async def test_restarts_come_from_the_pods_status(pods: Pods) -> None:
    await pods.start("127.0.0.19", answering(GOOD))
    look = await pods.look(target(11, restarts=2), target(12, restarts=1), target(13, "v1.0.0"))
    assert look.restarts == {"v1.1.0": 3, "v1.0.0": 0}
