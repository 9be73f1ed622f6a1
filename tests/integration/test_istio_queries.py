"""The queries for Istio's metrics, against a real Prometheus that scrapes series of their shape."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bertrelease_operator.adapters.prometheus import Prometheus
from bertrelease_operator.adapters.source import PodTarget, Question
from bertrelease_operator.api.health import Health
from bertrelease_operator.core.evidence.gather import EvidenceState, advance
from bertrelease_operator.core.observation import Watch
from devcluster import Cluster
from tests.integration.local_prometheus import free_port, running_prometheus, serving_pages

WATCH = Watch("v1.1.0", "v1.0.0", "1/step-0")


def istio_page(counts: dict[str, tuple[int, int, int]]) -> str:
    """Series as sidecars export them; `counts`: requests, 5xx among them, and slower than 100 ms, by workload."""
    lines = []
    for workload, (requests, errors, slow) in counts.items():
        labels = f'reporter="destination",destination_workload="{workload}",destination_workload_namespace="prod"'
        for code, count in (("200", requests - errors), ("503", errors)):
            lines.append(f'istio_requests_total{{{labels},response_code="{code}"}} {count}')
        for edge, count in (("50", requests - slow), ("100", requests - slow), ("500", requests), ("+Inf", requests)):
            lines.append(f'istio_request_duration_milliseconds_bucket{{{labels},le="{edge}"}} {count}')
        lines.append(f"istio_request_duration_milliseconds_count{{{labels}}} {requests}")
    return "\n".join(lines) + "\n"


@dataclass
class Exporter:
    """Stands in for the proxies' metrics endpoints; Prometheus, its storage and its queries are real."""

    port: int = 0
    counts: dict[str, tuple[int, int, int]] = field(default_factory=dict)


def scraping(target_port: int) -> dict[str, Any]:
    """The configuration of a Prometheus that scrapes the exporter every second."""
    job = {"job_name": "proxies", "static_configs": [{"targets": [f"127.0.0.1:{target_port}"]}]}
    return {"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    exporter = Exporter()
    with serving_pages(lambda _path: istio_page(exporter.counts)) as exporter.port:
        yield exporter


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def question(url: str) -> Question:
    source = {"kind": "prometheus", "url": url, "metrics": "istio"}
    targets = tuple(PodTarget(v, f"bert-{v}", "10.0.0.1", v, ready=True) for v in ("v1.0.0", "v1.1.0"))
    return Question("prod", "bert", "v1.1.0", "v1.0.0", targets, Health.model_validate({"source": source}))


async def gathered(prometheus: Prometheus, asked: Question, state: EvidenceState, requests: int) -> EvidenceState:
    """Looks every half second until `requests` to the candidate have been counted."""
    for _ in range(60):
        look = await prometheus.look(asked)
        state = advance(state, WATCH, look, asked.health)
        if look.readings and state.subject.requests >= requests:
            return state
        await asyncio.sleep(0.5)
    pytest.fail(f"only {state.subject.requests} of {requests} requests were seen; down: {state.down}")


async def test_requests_errors_and_latencies_are_read_by_version(
    api_server: Cluster, exporter: Exporter, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    exporter.counts = {"bert-v1-0-0": (1000, 1, 20), "bert-v1-1-0": (100, 50, 60), "other-v1-1-0": (9, 9, 9)}
    with running_prometheus(api_server.bin_dir / "prometheus", tmp_path, scraping(exporter.port)) as url:
        prometheus, asked = Prometheus(session), question(url)
        state = await gathered(prometheus, asked, EvidenceState(), requests=0)
        exporter.counts = {"bert-v1-0-0": (1900, 2, 40), "bert-v1-1-0": (200, 70, 75), "other-v1-1-0": (99, 9, 9)}
        state = await gathered(prometheus, asked, state, requests=100)
    assert (state.subject.requests, state.subject.errors) == (100, 20)
    assert (state.baseline.requests, state.baseline.errors) == (900, 1)
    over_100_ms = state.subject.latency_total - state.subject.latency_counts[state.subject.latency_edges_ms.index(100)]
    assert over_100_ms == 15
    assert state.load_unknown


async def test_a_prometheus_that_is_gone_is_a_source_that_is_down(session: aiohttp.ClientSession) -> None:
    look = await Prometheus(session).look(question(f"http://127.0.0.1:{free_port()}"))
    assert look.down == {"v1.0.0", "v1.1.0"}
