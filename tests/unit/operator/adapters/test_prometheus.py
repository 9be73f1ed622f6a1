"""The source that asks Prometheus, against an HTTP server that answers like one."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from bertrelease_operator.adapters.prometheus import LARGEST_ANSWER_BYTES, STALE_SECONDS, Prometheus
from bertrelease_operator.adapters.source import PodTarget, Question
from bertrelease_operator.api.health import CustomCheck, Health, PrometheusMetrics
from bertrelease_operator.core.evidence.readings import Look

NOW = 10_000.0
TARGETS = (
    PodTarget("uid-1", "bert-v1-1-0-a", "10.0.0.1", "v1.1.0", ready=True),
    PodTarget("uid-2", "bert-v1-0-0-a", "10.0.0.2", "v1.0.0", ready=True),
)
Series = tuple[dict[str, str], float]


class FakePrometheus:
    """Answers a query with the series filed under the first word that it contains."""

    def __init__(self) -> None:
        self.status = 200
        self.by_word: dict[str, list[Series]] = {}
        self.refused: set[str] = set()
        self.answer: bytes | None = None
        self.led_to = ""
        self.asked_elsewhere = False

    async def query(self, request: web.Request) -> web.Response:
        if self.led_to:
            raise web.HTTPTemporaryRedirect(self.led_to)
        if self.answer is not None:
            return web.Response(body=self.answer)
        text = str((await request.post())["query"])
        if any(word in text for word in self.refused):
            return web.json_response({"status": "error", "error": "parse error"}, status=400)
        found = next((series for word, series in self.by_word.items() if word in text), [])
        result = [{"metric": labels, "value": [NOW, str(value)]} for labels, value in found]
        data = {"resultType": "vector", "result": result}
        return web.json_response({"status": "success", "data": data}, status=self.status)

    async def elsewhere(self, _: web.Request) -> web.Response:
        self.asked_elsewhere = True
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": []}})


@pytest.fixture
async def url_and_fake() -> AsyncIterator[tuple[str, FakePrometheus]]:
    fake = FakePrometheus()
    app = web.Application()
    app.router.add_post("/api/v1/query", fake.query)
    app.router.add_post("/elsewhere", fake.elsewhere)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", fake
    await runner.cleanup()


async def ask(
    url: str, *, metrics: PrometheusMetrics = PrometheusMetrics.SERVER, custom: list[CustomCheck] | None = None
) -> Look:
    health = Health.model_validate(
        {"source": {"kind": "prometheus", "url": url, "metrics": metrics}, "custom": custom or []}
    )
    async with aiohttp.ClientSession() as session:
        source = Prometheus(session, now=lambda: NOW)
        return await source.look(Question("prod", "bert", "v1.1.0", "v1.0.0", TARGETS, health))


def server_series(pod: str) -> list[Series]:
    return [
        ({"__name__": "bert_requests_total", "pod": pod, "status": "200"}, 95.0),
        ({"__name__": "bert_requests_total", "pod": pod, "status": "500"}, 5.0),
        ({"__name__": "bert_model_loaded", "pod": pod}, 1.0),
    ]


def fresh(*pods: str, age: float = 5.0) -> list[Series]:
    return [({"pod": pod}, NOW - age) for pod in pods]


async def test_the_pods_counters_are_read(url_and_fake: tuple[str, FakePrometheus]) -> None:
    url, fake = url_and_fake
    names = [target.name for target in TARGETS]
    fake.by_word = {"timestamp(": fresh(*names), "__name__": [s for name in names for s in server_series(name)]}
    look = await ask(url)
    found = [(r.pod, r.counters.requests, r.counters.errors) for r in look.readings if r.counters]
    assert found == [("uid-1", 100, 5), ("uid-2", 100, 5)]
    assert look.down == frozenset()


async def test_samples_that_are_too_old_are_a_source_that_is_down(url_and_fake: tuple[str, FakePrometheus]) -> None:
    url, fake = url_and_fake
    old, new = TARGETS[0].name, TARGETS[1].name
    fake.by_word = {
        "timestamp(": fresh(old, age=STALE_SECONDS + 1) + fresh(new),
        "__name__": server_series(old) + server_series(new),
    }
    look = await ask(url)
    assert [reading.version for reading in look.readings] == ["v1.0.0"]
    assert look.down == {"v1.1.0"}


async def test_ready_pods_that_prometheus_does_not_know_are_a_source_that_is_down(
    url_and_fake: tuple[str, FakePrometheus],
) -> None:
    url, _ = url_and_fake
    assert (await ask(url)).down == {"v1.0.0", "v1.1.0"}


@pytest.mark.parametrize("status", [500, 503])
async def test_a_prometheus_in_trouble_is_down(url_and_fake: tuple[str, FakePrometheus], status: int) -> None:
    url, fake = url_and_fake
    fake.status = status
    assert (await ask(url)).down == {"v1.0.0", "v1.1.0"}


ONE = b'{"status": "success", "data": {"resultType": "scalar", "result": [0, "1"]}}'


@pytest.mark.parametrize("answer", [b"[" * 100_000, b" " * (2 * LARGEST_ANSWER_BYTES) + ONE, b"<html>"])
async def test_what_is_no_answer_of_a_prometheus_is_none(
    url_and_fake: tuple[str, FakePrometheus], answer: bytes
) -> None:
    url, fake = url_and_fake
    fake.answer = answer
    look = await ask(url, custom=[CustomCheck(name="depth", query="depth", max=3)])
    assert look.down == {"v1.0.0", "v1.1.0"}
    assert not look.custom


async def test_the_operator_is_not_led_elsewhere(url_and_fake: tuple[str, FakePrometheus]) -> None:
    url, fake = url_and_fake
    fake.led_to = f"{url}/elsewhere"
    assert (await ask(url)).down == {"v1.0.0", "v1.1.0"}
    assert not fake.asked_elsewhere


async def test_a_prometheus_that_is_not_there_is_down() -> None:
    look = await ask("http://127.0.0.1:1")
    assert look.readings == ()
    assert look.down == {"v1.0.0", "v1.1.0"}


async def test_custom_queries_give_one_number_or_none(url_and_fake: tuple[str, FakePrometheus]) -> None:
    url, fake = url_and_fake
    names = [target.name for target in TARGETS]
    fake.by_word = {
        "timestamp(": fresh(*names),
        "good_query": [({}, 4.5)],
        "two_series": [({"a": "1"}, 1.0), ({"a": "2"}, 2.0)],
        "not_a_number": [({}, float("nan"))],
    }
    fake.refused = {"wrong_query"}
    queries = {
        "good": "good_query",
        "several": "two_series",
        "nan": "not_a_number",
        "missing": "no_series",
        "wrong": "wrong_query",
    }
    look = await ask(url, custom=[CustomCheck(name=name, query=query, max=9) for name, query in queries.items()])
    assert look.custom == {"good": 4.5, "several": None, "nan": None, "missing": None, "wrong": None}
    assert look.down == frozenset()


async def test_with_istio_requests_come_from_the_proxies_and_the_rest_from_the_servers(
    url_and_fake: tuple[str, FakePrometheus],
) -> None:
    url, fake = url_and_fake
    workload = {"destination_workload": "bert-v1-1-0"}
    fake.by_word = {
        "timestamp(istio": [(workload, NOW - 5)],
        "istio_requests_total": [
            ({"__name__": "istio_requests_total", "reporter": "source", "response_code": "200", **workload}, 50.0)
        ],
        "bert_model_loaded": [({"__name__": "bert_model_loaded", "pod": TARGETS[0].name}, 1.0)],
    }
    look = await ask(url, metrics=PrometheusMetrics.ISTIO)
    by_pod = {reading.pod: reading for reading in look.readings}
    assert by_pod["uid-1"].model_loaded is True
    assert by_pod["uid-1"].counters is None
    (proxy,) = [reading for pod, reading in by_pod.items() if pod.startswith("istio/")]
    assert proxy.counters is not None
    assert (proxy.version, proxy.counters.requests) == ("v1.1.0", 50)


async def test_istio_figures_that_stopped_coming_are_a_source_that_is_down(
    url_and_fake: tuple[str, FakePrometheus],
) -> None:
    url, fake = url_and_fake
    workload = {"destination_workload": "bert-v1-1-0"}
    fake.by_word = {
        "timestamp(istio": [(workload, NOW - STALE_SECONDS - 1)],
        "istio_requests_total": [({"__name__": "istio_requests_total", "reporter": "source", **workload}, 50.0)],
    }
    look = await ask(url, metrics=PrometheusMetrics.ISTIO)
    assert look.down == {"v1.1.0"}
