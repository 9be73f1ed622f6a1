"""Beginnings that several end-to-end tests share."""

import asyncio
from typing import Any

import pytest

from demo.release import is_stable
from demo.stage import Stage
from demo.traffic import background
from demo.versions import FIRST, IMPROVED

RATE_PER_SECOND = 100.0
LONGEST_SECONDS = 150.0


async def first_version_proven(stage: Stage, **spec: Any) -> None:
    """v1.0.0 serves, was judged under traffic, and is proven."""
    stage.release(FIRST, **spec)
    await stage.client.wait_for("v1.0.0 to serve", is_stable(FIRST.version), 90)
    await asyncio.to_thread(stage.until_it_answers, 60)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS):
        await verdict_becomes(stage, FIRST.version, "Proven")


async def second_version_promoted(stage: Stage, **spec: Any) -> None:
    """v1.1.0 serves instead of v1.0.0, which is warm."""
    await first_version_proven(stage, **spec)
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS):
        stage.release(IMPROVED, **spec)
        await stage.client.wait_for("v1.1.0 to serve", is_stable(IMPROVED.version), 120)


async def verdict_becomes(stage: Stage, version: str, verdict: str, timeout_seconds: float = 60) -> None:
    """Looks four times a second; AssertionError with the verdict that it is after `timeout_seconds`."""
    for _ in range(int(4 * timeout_seconds)):
        current = await asyncio.to_thread(stage.client.verdict, version)
        if current == verdict:
            return
        await asyncio.sleep(0.25)
    pytest.fail(f"{version} is {current}, not {verdict}, after {timeout_seconds:g} s")
