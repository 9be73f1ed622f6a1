"""Source `prometheus`: instant queries for cumulative counters, so that the judgement is the same for all sources.

Counters are asked for, not rates: what Prometheus missed while it was down is in the next difference, and its
restart changes nothing.
"""

import asyncio
import json
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

import aiohttp

from bertrelease_operator.adapters import promql
from bertrelease_operator.adapters.bodies import read_body
from bertrelease_operator.adapters.istio_metrics import istio_readings
from bertrelease_operator.adapters.metrics_text import Sample
from bertrelease_operator.adapters.promql import PrometheusAnswerError
from bertrelease_operator.adapters.server_metrics import server_reading
from bertrelease_operator.adapters.source import PodTarget, Question, restarts_by_version, unheard
from bertrelease_operator.api.health import PrometheusMetrics
from bertrelease_operator.api.names import child_name
from bertrelease_operator.core.evidence.marks import LONGEST_LAG_SECONDS
from bertrelease_operator.core.evidence.readings import Look, PodReading

QUERY_TIMEOUT_SECONDS: Final = 2.0
# Twice the usual longest scrape interval. Prometheus itself would go on showing a sample for five minutes.
STALE_SECONDS: Final = LONGEST_LAG_SECONDS
# Some fifty thousand series; a release of a hundred pods has a tenth of that.
LARGEST_ANSWER_BYTES: Final = 16 * 1024 * 1024


class Prometheus:
    """Implements `Source` for releases whose `health.source.kind` is `prometheus`."""

    def __init__(self, session: aiohttp.ClientSession, *, now: Callable[[], float] = time.time) -> None:
        self._session = session
        self._now = now

    async def look(self, question: Question) -> Look:
        at = self._now()
        restarts = restarts_by_version(question.targets)
        try:
            readings, down = await self._readings(question, at)
            custom = await self._custom(question)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError):
            return Look(at=at, restarts=restarts, down=question.versions)
        return Look(at=at, readings=tuple(readings), restarts=restarts, custom=custom, down=down)

    async def _readings(self, question: Question, at: float) -> tuple[list[PodReading], frozenset[str]]:
        if not question.targets:
            return [], frozenset()
        if question.health.source.metrics is PrometheusMetrics.ISTIO:
            return await self._from_istio(question, at)
        return await self._from_servers(question, at)

    async def _from_servers(self, question: Question, at: float) -> tuple[list[PodReading], frozenset[str]]:
        pods = [target.name for target in question.targets]
        found, times = await asyncio.gather(
            self._ask(question, promql.server_query(question.namespace, pods, requests=True)),
            self._ask(question, promql.freshness_query(question.namespace, pods)),
        )
        fresh = _fresh(times, "pod", at)
        readings = [
            server_reading(target, samples) for target, samples in _by_pod(question, found) if target.name in fresh
        ]
        return readings, unheard(question, fresh)

    async def _from_istio(self, question: Question, at: float) -> tuple[list[PodReading], frozenset[str]]:
        """Requests by Istio; of the server's own metrics what tells about its pods, as far as it is scraped."""
        workloads = {child_name(question.release, version): version for version in question.versions}
        pods = [target.name for target in question.targets]
        found, times, states = await asyncio.gather(
            self._ask(question, promql.istio_query(question.namespace, workloads)),
            self._ask(question, promql.istio_freshness_query(question.namespace, workloads)),
            self._ask(question, promql.server_query(question.namespace, pods, requests=False)),
        )
        fresh = {workloads[name] for name in _fresh(times, "destination_workload", at)}
        known = {sample.labels.get("destination_workload") for sample in found}
        stale = {workloads[name] for name in known if name is not None} - fresh
        readings = [reading for reading in istio_readings(found, workloads) if reading.version in fresh]
        readings += [_pod_state(target, samples) for target, samples in _by_pod(question, states)]
        return readings, frozenset(stale)

    async def _custom(self, question: Question) -> dict[str, float | None]:
        checks = question.health.custom
        queries = [promql.custom_query(check.query, question) for check in checks]
        values = await asyncio.gather(*(self._one_number(question, query) for query in queries))
        return {check.name: value for check, value in zip(checks, values, strict=True)}

    async def _one_number(self, question: Question, query: str) -> float | None:
        """None without a series, for several (none of them is the right one), and for a query that is refused."""
        try:
            answer = await self._ask(question, query)
        except PrometheusAnswerError:
            return None
        return answer[0].value if len(answer) == 1 and not math.isnan(answer[0].value) else None

    async def _ask(self, question: Question, query: str) -> list[Sample]:
        """Raises what the HTTP client raises, and PrometheusAnswerError."""
        url = f"{str(question.health.source.url).rstrip('/')}/api/v1/query"
        timeout = aiohttp.ClientTimeout(total=QUERY_TIMEOUT_SECONDS)
        request = self._session.post(url, data={"query": query}, timeout=timeout, allow_redirects=False)
        async with request as response:
            if response.status >= 500:
                response.raise_for_status()
            answer: Any = json.loads(await read_body(response, LARGEST_ANSWER_BYTES))
        return promql.without_duplicates(promql.vector(answer))


def _by_pod(question: Question, found: Iterable[Sample]) -> list[tuple[PodTarget, list[Sample]]]:
    samples: dict[str, list[Sample]] = {}
    for sample in found:
        samples.setdefault(sample.labels.get("pod", ""), []).append(sample)
    return [(target, samples[target.name]) for target in question.targets if target.name in samples]


def _pod_state(target: PodTarget, samples: list[Sample]) -> PodReading:
    """Without counters: the requests are counted elsewhere."""
    return replace(server_reading(target, samples), counters=None)


def _fresh(times: Iterable[Sample], label: str, at: float) -> set[str]:
    """Values of `label` whose newest sample is recent."""
    return {sample.labels.get(label, "") for sample in times if at - sample.value <= STALE_SECONDS}
