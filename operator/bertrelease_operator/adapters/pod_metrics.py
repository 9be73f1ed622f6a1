"""Source `pods`: scrapes the pods directly, all at once. Needs nothing installed."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import aiohttp

from bertrelease_operator.adapters.metrics_text import MetricsFormatError, samples
from bertrelease_operator.adapters.server_metrics import SERVER_METRICS, server_reading
from bertrelease_operator.adapters.source import PodTarget, Question, restarts_by_version, unheard
from bertrelease_operator.api.names import METRICS_PORT
from bertrelease_operator.core.evidence.readings import Look, PodReading

# Below the shortest interval, so that looks never pile up.
SCRAPE_TIMEOUT_SECONDS: Final = 0.8
_LARGEST_PAGE_BYTES: Final = 1024 * 1024


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
        host = f"[{target.address}]" if ":" in target.address else target.address
        timeout = aiohttp.ClientTimeout(total=SCRAPE_TIMEOUT_SECONDS)
        try:
            async with self._session.get(f"http://{host}:{self._port}/metrics", timeout=timeout) as response:
                if response.status != 200:
                    return None
                page = await _read(response)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        try:
            return server_reading(target, samples(page.decode(errors="replace"), SERVER_METRICS))
        except MetricsFormatError:
            return None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The page, cut off where no honest server would go on."""
    page = bytearray()
    async for chunk in response.content.iter_any():
        page += chunk
        if len(page) > _LARGEST_PAGE_BYTES:
            break
    return bytes(page)
