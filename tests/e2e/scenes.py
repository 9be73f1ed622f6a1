"""Beginnings that several end-to-end tests share."""

import asyncio
from typing import Any, Final

from demo.release import QUICK_STRATEGY, is_stable
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FIRST, IMPROVED

RATE_PER_SECOND = 100.0
LONGEST_SECONDS = 150.0
# Other tests take the same two cores meanwhile. Where latency is what a test is about, it says its own limit.
UNHURRIED: Final[dict[str, Any]] = {"minimumSample": 50, "p95LatencyMs": {"max": 1000}}
# Nothing is proven any more after its observation; a busy machine may have answered nothing in half a minute.
LONG_OBSERVED: Final = {"observationSeconds": 120}


async def first_version_proven(stage: Stage, **spec: Any) -> None:
    """v1.0.0 serves, was judged under traffic, and is proven."""
    stage.release(FIRST, **spec | {"strategy": spec.get("strategy", QUICK_STRATEGY) | LONG_OBSERVED})
    await stage.client.wait_for("v1.0.0 to serve", is_stable(FIRST.version), 90)
    await asyncio.to_thread(stage.until_it_answers, 60)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS):
        await stage.client.wait_for_verdict(FIRST.version, "Proven", 60)


async def second_version_promoted(stage: Stage, **spec: Any) -> None:
    """v1.1.0 serves instead of v1.0.0, which is warm."""
    await first_version_proven(stage, **spec)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS):
        stage.release(IMPROVED, **spec)
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 120)
