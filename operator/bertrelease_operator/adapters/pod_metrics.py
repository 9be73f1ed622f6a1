"""Source `pods`: scrapes the pods directly, all at once. Needs nothing installed."""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus

import aiohttp

from bertrelease_operator.adapters.metrics_text import MetricsFormatError, samples
from bertrelease_operator.adapters.pod_http import ask_pod
from bertrelease_operator.adapters.server_metrics import SERVER_METRICS, server_reading
from bertrelease_operator.adapters.source import PodTarget, Question, restarts_by_version, unheard
from bertrelease_operator.api.names import METRICS_PORT
from bertrelease_operator.core.evidence.readings import Look, PodReading


class PodMetrics:
    """Implements `Source`. Pods that are not ready are asked too: there a failed model load shows."""

    def __init__(
        self, session: aiohttp.ClientSession, *, port: int = METRICS_PORT, now: Callable[[], float] = time.time
    ) -> None:
        self._session = session
        self._port = port
        self._now = now

    async def look(self, question: Question) -> Look:
        at = self._now()
        asked = [target for target in question.targets if target.address]
        answers = await asyncio.gather(*(self._scrape(target) for target in asked))
        heard = {target.name: reading for target, reading in zip(asked, answers, strict=True) if reading is not None}
        return Look(
            at=at,
            readings=tuple(heard.values()),
            restarts=restarts_by_version(question.targets),
            down=unheard(question, heard),
        )

    async def _scrape(self, target: PodTarget) -> PodReading | None:
        answer = await ask_pod(self._session, target, self._port, "/metrics")
        if answer is None or answer.status != HTTPStatus.OK:
            return None
        try:
            return server_reading(target, samples(answer.page.decode(errors="replace"), SERVER_METRICS))
        except MetricsFormatError:
            return None
