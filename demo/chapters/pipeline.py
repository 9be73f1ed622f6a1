"""Environments: a version travels on proof, and a bad one stays where its fault is seen."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from demo.chapters.telling import LONGEST_SECONDS, answers_of, expect
from demo.environments import Environment, environments
from demo.golden_set import GATE, golden_cases
from demo.narrator import Narrator
from demo.release import is_stable, was_taken_back
from demo.stage import Stage
from demo.traffic import Traffic, background
from demo.versions import FIRST, HOTPOT

NAMES: Final = ("dev", "test", "staging", "prod")
ASKS_KNOWN_QUESTIONS: Final = "staging"
# Four services share the machine.
RATE_PER_SECOND: Final = 25.0
SOAK_SECONDS: Final = 1
STRATEGY: Final[dict[str, Any]] = {
    "kind": "canary",
    "canary": {"steps": [{"weight": 50, "holdSeconds": 3}]},
    "readyDeadlineSeconds": 60,
    "stepDeadlineSeconds": 60,
    "observationSeconds": 20,
}


async def pipeline(stage: Stage, narrator: Narrator) -> None:
    """A version travels from dev to prod by proof; one that says 火锅 gets as far as the golden set of staging."""
    narrator.chapter("pipeline", f"{FIRST.version} travels to prod, {HOTPOT.version} only as far as its fault is seen")
    four = await asyncio.to_thread(_set_up, stage)
    for before, environment in itertools.pairwise(four):
        narrator.line(f"{environment.name} takes what {before.name} has proven")
    async with _users_of(four, narrator) as traffic:
        await _show(four, narrator)
        await _release_hotpot(four, narrator)
        await _show(four, narrator)
    for environment, users in zip(four, traffic, strict=True):
        seen, failed = len(answers_of(HOTPOT, users)), sum(answer.failed for answer in users.answers)
        narrator.line(
            f"{environment.name}: {len(users.answers)} answers, {seen} of them from {HOTPOT.version}; {failed} failed"
        )
        expect(seen == 0 or environment in four[:2], f"{HOTPOT.version} answered users in {environment.name}")
        expect(failed == 0, f"{failed} requests failed in {environment.name}")


def _set_up(stage: Stage) -> list[Environment]:
    four = environments(stage.cluster, NAMES, stage.namespace)
    for environment in four:
        asks = environment.name == ASKS_KNOWN_QUESTIONS
        if asks:
            environment.stage.apply(golden_cases(environment.stage.namespace))
        environment.release(
            FIRST,
            soak_seconds=SOAK_SECONDS,
            strategy=STRATEGY,
            health={"minimumSample": 20},
            gates=[GATE] if asks else [],
        )
    return four


@asynccontextmanager
async def _users_of(four: Sequence[Environment], narrator: Narrator) -> AsyncIterator[list[Traffic]]:
    """Of each environment, from the moment on that its first version serves; that is how it is proven there."""
    async with AsyncExitStack() as stack:
        traffic = []
        for environment in four:
            await environment.client.wait_for(f"{FIRST.version} in {environment.name}", is_stable(FIRST.version), 90)
            narrator.line(f"{environment.name}: {FIRST.version} serves")
            await asyncio.sleep(1)  # the proxies have the route
            users = environment.traffic(RATE_PER_SECOND)
            traffic.append(await stack.enter_async_context(background(users, LONGEST_SECONDS)))
        await four[-1].client.wait_for_verdict(FIRST.version, "Proven", 60)
        yield traffic


async def _release_hotpot(four: Sequence[Environment], narrator: Narrator) -> None:
    dev, test, staging, prod = four
    patch = f'{{"spec":{{"version":"{HOTPOT.version}"}}}}'
    narrator.command(f"kubectl -n {dev.stage.namespace} patch brel fill-mask --type merge -p '{patch}'")
    dev.client.edit({"version": HOTPOT.version})
    for environment in (dev, test):
        await environment.client.wait_for(f"{HOTPOT.version} in {environment.name}", is_stable(HOTPOT.version), 90)
        narrator.line(f"{environment.name}: {HOTPOT.version} serves; nobody there knows the answers")
    status = await staging.client.wait_for(
        f"{HOTPOT.version} to be stopped in staging", was_taken_back(HOTPOT.version), 90
    )
    narrator.line(f"staging: {HOTPOT.version} is stopped with 0 % of the traffic")
    if status.concluded is not None:
        narrator.reason(status.concluded.reason, status.concluded.message)
        expect(status.concluded.reason == "GateFailed", f"staging stopped {HOTPOT.version}, but not by its golden set")
    await asyncio.sleep(3 * SOAK_SECONDS)
    expect(HOTPOT.version not in prod.client.revisions(), f"prod has heard of {HOTPOT.version}")


async def _show(four: Sequence[Environment], narrator: Narrator) -> None:
    prod = four[-1].stage
    narrator.command(f"kubectl bert -n {prod.namespace} pipeline")
    narrator.output(await asyncio.to_thread(prod.bert, "pipeline"))
