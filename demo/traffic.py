"""A client at a constant rate that writes down every answer: what users see is counted here, not in the servers."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp

VERSION_HEADER: Final = "x-bert-version"
DEFAULT_TEXTS: Final = (
    "床前明月光，疑是地[MASK]霜。",
    "太阳从东[MASK]升起。",
    "今天天气真[MASK]啊。",
    "春风又绿江南[MASK]。",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One request and what came of it."""

    sent_at: float  # time.monotonic()
    latency_seconds: float
    status: int  # 0: no answer at all
    version: str  # empty when the answer does not say
    problem: str = ""  # what went wrong without an answer, or the body of a failure

    @property
    def answered_at(self) -> float:
        return self.sent_at + self.latency_seconds

    @property
    def failed(self) -> bool:
        return not 200 <= self.status < 300

    def bad(self, slow_seconds: float) -> bool:
        """Failed, or slower than what users were promised."""
        return self.failed or self.latency_seconds > slow_seconds


@dataclass
class Traffic:
    """Requests at `rate_per_second`, open loop: a slow server does not slow the client down.

    `max_in_flight` bounds what a dead server can pile up; a request that finds no place counts as unanswered. At 200 a
    second two timeouts fit into it, so only requests find no place that were due all at once: the client itself stood
    still, for `late_seconds` at the worst.
    """

    url: str
    host: str  # Host header: which service behind the gateway
    rate_per_second: float
    texts: Sequence[str] = DEFAULT_TEXTS
    timeout_seconds: float = 5.0
    max_in_flight: int = 2048
    late_seconds: float = 0.0
    answers: list[Answer] = field(default_factory=list)
    _pending: set["asyncio.Task[None]"] = field(default_factory=set)

    async def run(self, duration_seconds: float) -> None:
        """Sends for `duration_seconds`, then waits for what is in flight."""
        interval = 1 / self.rate_per_second
        count = int(duration_seconds * self.rate_per_second)
        timeout = aiohttp.ClientTimeout(total=self.timeout_seconds)
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            start = time.monotonic()
            try:
                for index in range(count):
                    due_at = start + index * interval
                    await asyncio.sleep(max(0.0, due_at - time.monotonic()))
                    self.late_seconds = max(self.late_seconds, time.monotonic() - due_at)
                    self._launch(session, self.texts[index % len(self.texts)])
            finally:
                await asyncio.gather(*self._pending, return_exceptions=True)

    def _launch(self, session: aiohttp.ClientSession, text: str) -> None:
        if len(self._pending) >= self.max_in_flight:
            self.answers.append(Answer(time.monotonic(), 0.0, 0, "", "too many requests in flight"))
            return
        task = asyncio.create_task(self._ask(session, text))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _ask(self, session: aiohttp.ClientSession, text: str) -> None:
        sent_at = time.monotonic()
        status, version, problem = 0, "", ""
        try:
            async with session.post(
                f"{self.url}/fill-mask", json={"text": text, "top_k": 1}, headers={"Host": self.host}
            ) as response:
                body = await response.text()
                status, version = response.status, response.headers.get(VERSION_HEADER, "")
                problem = body[:200] if status >= 300 else ""
        except (aiohttp.ClientError, TimeoutError) as error:
            problem = f"{type(error).__name__}: {error}"
        self.answers.append(Answer(sent_at, time.monotonic() - sent_at, status, version, problem))

    def since(self, moment: float) -> list[Answer]:
        """Answers to requests sent at or after `moment` (time.monotonic())."""
        return [answer for answer in self.answers if answer.sent_at >= moment]

    def last_answer_ms(self, version: str, since: float) -> float:
        """Milliseconds from `since` (time.monotonic()) to the last answer of `version`; 0 if there was none."""
        return max((1000 * (a.answered_at - since) for a in self.answers if a.version == version), default=0.0)

    def shares(self, since: float) -> dict[str, float]:
        """Share of the answers by version."""
        versions = Counter(answer.version for answer in self.since(since) if answer.version)
        total = sum(versions.values())
        return {version: count / total for version, count in sorted(versions.items())}

    def shares_lately(self) -> dict[str, float]:
        """The same of the requests of the last second."""
        return self.shares(since=max(answer.sent_at for answer in self.answers) - 1)


@asynccontextmanager
async def background(traffic: Traffic, longest_seconds: float) -> AsyncIterator[Traffic]:
    """Traffic while the body runs, at most `longest_seconds`."""
    task = asyncio.create_task(traffic.run(longest_seconds))
    try:
        yield traffic
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Damage:
    """What users saw of something bad."""

    bad: int
    total: int
    seconds: float  # from the first bad answer to the last


def damage(answers: Sequence[Answer], is_bad: Callable[[Answer], bool]) -> Damage:
    """Counts, and the time between the first and the last bad answer (0 with fewer than two)."""
    moments = [answer.answered_at for answer in answers if is_bad(answer)]
    return Damage(len(moments), len(answers), max(moments) - min(moments) if moments else 0.0)
