"""One request to a pod's metrics port, as every look makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp

from bertrelease_operator.adapters.bodies import read_body
from bertrelease_operator.adapters.source import PodTarget

# Below the shortest interval, so that looks never pile up.
SCRAPE_TIMEOUT_SECONDS: Final = 0.8


@dataclass(frozen=True, slots=True)
class PodAnswer:
    status: int
    page: bytes


async def ask_pod(
    session: aiohttp.ClientSession, target: PodTarget, port: int, path: str, query: Mapping[str, str] | None = None
) -> PodAnswer | None:
    """None if the pod does not answer in time."""
    host = f"[{target.address}]" if ":" in target.address else target.address
    timeout = aiohttp.ClientTimeout(total=SCRAPE_TIMEOUT_SECONDS)
    try:
        url = f"http://{host}:{port}{path}"
        async with session.get(url, params=query, allow_redirects=False, timeout=timeout) as response:
            return PodAnswer(response.status, await read_body(response))
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None
