"""The golden set: known questions, asked before anybody else asks."""

import asyncio
from typing import Final

from bertrelease_operator.api.status import BertRevisionStatus, CaseFailure
from demo.chapters.telling import LONGEST_SECONDS, RATE_PER_SECOND, answers_of, expect
from demo.golden_set import GATE, golden_cases
from demo.narrator import Narrator
from demo.release import was_taken_back
from demo.stage import Stage
from demo.traffic import background, damage
from demo.versions import HOTPOT

SHOWN_CASES: Final = 5


async def golden(stage: Stage, narrator: Narrator) -> None:
    """A version that answers 火锅 to everything is stopped by a golden set, with 0 % of the traffic."""
    narrator.chapter("golden", f"{HOTPOT.version} is healthy and says 火锅; it is asked known questions first")
    await asyncio.to_thread(stage.apply, golden_cases(stage.namespace))
    async with background(stage.traffic(RATE_PER_SECOND), LONGEST_SECONDS) as traffic:
        await asyncio.to_thread(stage.release, HOTPOT, gates=[GATE])
        status = await stage.client.wait_for(
            f"{HOTPOT.version} to be stopped", was_taken_back(HOTPOT.version), 110, narrator.follow
        )
        await asyncio.sleep(1.5)
    _tell_failures(await asyncio.to_thread(_record, stage), narrator)
    seen, failed = len(answers_of(HOTPOT, traffic)), damage(traffic.answers, lambda answer: answer.failed)
    narrator.line(f"answers from {HOTPOT.version} to users: {seen}")
    narrator.counted(failed, "meanwhile")
    if status.concluded is not None:
        narrator.reason(status.concluded.reason, status.concluded.message)
        expect(status.concluded.reason == "GateFailed", f"{HOTPOT.version} was stopped, but not by the golden set")
    expect(seen == 0, f"{HOTPOT.version} answered {seen} requests of users")
    expect(failed.bad == 0, f"{failed.bad} requests failed")


def _record(stage: Stage) -> BertRevisionStatus:
    return BertRevisionStatus.model_validate(stage.client.revisions()[HOTPOT.version]["status"])


def _tell_failures(record: BertRevisionStatus, narrator: Narrator) -> None:
    for passage in record.gates:
        for failure in passage.failures[:SHOWN_CASES]:
            narrator.line(_told(failure))
        more = passage.total_failures - min(SHOWN_CASES, len(passage.failures))
        if more > 0:
            narrator.line(f"and {more} more: kubectl bert explain fill-mask {HOTPOT.version}")


def _told(failure: CaseFailure) -> str:
    stable = f"; the version that serves says {failure.stable_got}" if failure.stable_got else ""
    return f"{failure.case} -> {failure.got}, expected {failure.expected}{stable}"
