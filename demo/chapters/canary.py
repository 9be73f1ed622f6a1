"""A first version, a healthy one, bad ones, and the way back by hand; new versions come in steps."""

import asyncio

from demo.chapters.telling import LONGEST_SECONDS, POEM, RATE_PER_SECOND, answers_of, expect
from demo.narrator import Narrator
from demo.release import is_stable, was_taken_back
from demo.stage import SLOW_SECONDS, Stage
from demo.traffic import Answer, Traffic, background, damage
from demo.versions import BROKEN, FAILING, FIRST, IMPROVED, SLOW, DemoVersion


async def serve(stage: Stage, narrator: Narrator) -> None:
    """v1.0.0 comes up and answers."""
    narrator.chapter("serve", f"{FIRST.version}, {FIRST.story}, comes up")
    stage.release(FIRST)
    await stage.client.wait_for(f"{FIRST.version} to serve", is_stable(FIRST.version), 90, narrator.follow)
    await asyncio.to_thread(stage.until_it_answers, 20)
    narrator.prediction(POEM, stage.fill_mask(POEM))
    narrator.prediction("画龙点[MASK]睛", stage.fill_mask("画龙点[MASK]睛"))
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        await stage.client.wait_for_verdict(FIRST.version, "Proven", 90)
        narrator.line(f"{FIRST.version} is proven: a version to go back to")
    narrator.counted(damage(traffic.answers, _bad), "while it was proven by serving")


async def promote(stage: Stage, narrator: Narrator) -> None:
    """A healthy version goes through the steps."""
    narrator.chapter("promote", f"{IMPROVED.version}, {IMPROVED.story}, is promoted in steps")
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        await asyncio.sleep(1)
        stage.release(IMPROVED)
        await stage.client.wait_for(
            f"{IMPROVED.version} to be promoted", is_stable(IMPROVED.version), 110, narrator.follow
        )
        await asyncio.sleep(1)
    narrator.counted(damage(traffic.answers, lambda answer: answer.failed), "during the whole promotion")
    narrator.prediction(POEM, stage.fill_mask(POEM))


async def slow(stage: Stage, narrator: Narrator) -> None:
    """P95 catches a slow version."""
    narrator.chapter("slow", f"{SLOW.version}, {SLOW.story}, is caught by its P95")
    await _taken_back(stage, narrator, SLOW)


async def failing(stage: Stage, narrator: Narrator) -> None:
    """The error rate catches a failing version."""
    narrator.chapter("failing", f"{FAILING.version}, {FAILING.story}, is caught by its error rate")
    await _taken_back(stage, narrator, FAILING)


async def broken(stage: Stage, narrator: Narrator) -> None:
    """A version that cannot load never gets traffic."""
    narrator.chapter("broken", f"{BROKEN.version}, {BROKEN.story}, never gets traffic")
    traffic = await _taken_back(stage, narrator, BROKEN)
    seen = len(answers_of(BROKEN, traffic))
    narrator.line(f"answers from {BROKEN.version}: {seen}")
    expect(seen == 0, f"{BROKEN.version} answered {seen} requests")


async def rollback(stage: Stage, narrator: Narrator) -> None:
    """A person edits spec.version back; the route flips at once."""
    stable = (await asyncio.to_thread(stage.client.status)).stable
    target = FIRST.version
    narrator.chapter("rollback", f"spec.version is edited from {stable} back to {target}")
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        await asyncio.sleep(1)
        patch = f'{{"spec":{{"version":"{target}"}}}}'
        narrator.command(f"kubectl -n {stage.namespace} patch brel fill-mask --type merge -p '{patch}'")
        edited_at = stage.client.edit({"version": target})
        await stage.client.wait_for(f"{target} to serve", is_stable(target), 30, narrator.follow)
        await asyncio.sleep(1)
    narrator.figure("edit to last answer of the old version", traffic.last_answer_ms(stable or "", edited_at), "ms")
    narrator.counted(damage(traffic.answers, lambda answer: answer.failed), "around the edit")


def _bad(answer: Answer) -> bool:
    return answer.bad(SLOW_SECONDS)


async def _taken_back(stage: Stage, narrator: Narrator, version: DemoVersion) -> Traffic:
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        await asyncio.sleep(1)
        stage.release(version)
        status = await stage.client.wait_for(
            f"{version.version} to be taken back", was_taken_back(version.version), 110, narrator.follow
        )
        await asyncio.sleep(1.5)
    bad = damage(traffic.answers, lambda answer: answer.version == version.version and _bad(answer))
    narrator.counted(bad, f"by {version.version}")
    lost = damage(traffic.answers, lambda answer: answer.version != version.version and answer.failed)
    narrator.counted(lost, "by anything else")
    if status.concluded is not None:
        narrator.reason(status.concluded.reason, status.concluded.message)
    return traffic
