"""Tells people, beside everything else: nothing that moves traffic ever waits for a receiver.

What is to be told stands in the releases' statuses. Here is only what is under way, and what is done with but still
stands there; after a restart it is told again, under the same id.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bertrelease_operator.adapters.errors import NotLeaderError
from bertrelease_operator.adapters.notify.contract import DeliveryError, Message, Sender
from bertrelease_operator.api.notifications import Receiver, ReceiverKind
from bertrelease_operator.api.status import NoticeStatus
from bertrelease_operator.core.decision import EventType, ReleaseEvent
from bertrelease_operator.runtime.logs import about
from bertrelease_operator.runtime.records import ReleaseKey

logger = logging.getLogger(__name__)

# Doubling from the first pause, this is a quarter of an hour: longer than a receiver takes to restart.
MOST_TRIES: Final = 12
_FIRST_PAUSE_SECONDS: Final = 2.0
_LONGEST_PAUSE_SECONDS: Final = 120.0
# Receivers that are told at the same time, over all releases.
_AT_ONCE: Final = 16

FindAddress = Callable[[str, Receiver], Awaitable[str]]  # raises DeliveryError
TellEvent = Callable[[ReleaseKey, ReleaseEvent], Awaitable[None]]
Told = tuple[str, str]  # (id of a notice, name of a receiver)


@dataclass(slots=True)
class _Line:
    """What one receiver of one release is still to be told, in order."""

    receiver: Receiver
    notices: list[NoticeStatus]
    task: asyncio.Task[None] | None = None


@dataclass(slots=True)
class _Release:
    lines: dict[str, _Line] = field(default_factory=dict)  # by name of the receiver
    told: set[Told] = field(default_factory=set)


class Notifier:
    """One task for each receiver of a release that has something to be told; none for all others."""

    def __init__(
        self,
        senders: Mapping[ReceiverKind, Sender],
        find_address: FindAddress,
        *,
        may_send: Callable[[], bool],
        on_told: Callable[[ReleaseKey], None],
        tell_event: TellEvent,
        count: Callable[[ReceiverKind, str], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._senders = senders
        self._find_address = find_address
        self._may_send = may_send
        self._on_told = on_told
        self._tell_event = tell_event
        self._count = count
        self._sleep = sleep
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._releases: dict[ReleaseKey, _Release] = {}

    def want(self, key: ReleaseKey, notices: Iterable[NoticeStatus], receivers: Iterable[Receiver]) -> None:
        """From now on exactly `notices`, which stand in the status as it is stored."""
        pending = tuple(notices)
        if not pending:
            self.forget(key)
            return
        release = self._releases.setdefault(key, _Release())
        receivers = tuple(receivers)
        for name in release.lines.keys() - {receiver.name for receiver in receivers}:
            _end(release.lines.pop(name))
        release.told &= {(notice.id, name) for notice in pending for name in notice.receivers}
        for receiver in receivers:
            name = receiver.name
            due = [one for one in pending if name in one.receivers and (one.id, name) not in release.told]
            self._want(key, release, receiver, due)

    def _want(self, key: ReleaseKey, release: _Release, receiver: Receiver, due: list[NoticeStatus]) -> None:
        line = release.lines.get(receiver.name)
        if line is not None and line.task is not None and not line.task.done():
            line.receiver, line.notices = receiver, due
        elif due:
            line = _Line(receiver, due)
            release.lines[receiver.name] = line
            line.task = asyncio.create_task(self._work(key, release, line), name=f"notices to {receiver.name}")

    def told(self, key: ReleaseKey) -> frozenset[Told]:
        """What the status may forget."""
        release = self._releases.get(key)
        return frozenset(release.told) if release is not None else frozenset()

    def forget(self, key: ReleaseKey) -> None:
        release = self._releases.pop(key, None)
        for line in release.lines.values() if release is not None else ():
            _end(line)

    def stop(self) -> None:
        for key in [*self._releases]:
            self.forget(key)

    async def _work(self, key: ReleaseKey, release: _Release, line: _Line) -> None:
        while line.notices:
            notice = line.notices[0]
            if not self._may_send():
                # For a moment, or for good: who has lost the lease stops all of this.
                await self._sleep(_FIRST_PAUSE_SECONDS)
                continue
            if not await self._is_done_with(key, line, notice):
                continue
            line.notices = [one for one in line.notices if one.id != notice.id]
            release.told.add((notice.id, line.receiver.name))
            self._on_told(key)

    async def _is_done_with(self, key: ReleaseKey, line: _Line, notice: NoticeStatus) -> bool:
        """Tries until it is taken, or was tried often enough; False if it is not wanted any more."""
        why = ""
        for tries in range(1, MOST_TRIES + 1):
            receiver = line.receiver
            why = await self._try(key, receiver, notice)
            self._count(receiver.kind, "failed" if why else "sent")
            if not why:
                return True
            fields = about(*key, version=notice.version, reason=notice.event.value)
            logger.warning("%s was not told (try %d): %s", receiver.name, tries, why, extra=fields)
            if tries < MOST_TRIES:
                await self._sleep(min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** (tries - 1)))
            if notice.id not in {one.id for one in line.notices} or not self._may_send():
                return False
        await self._give_up(key, line.receiver, notice, why)
        return True

    async def _try(self, key: ReleaseKey, receiver: Receiver, notice: NoticeStatus) -> str:
        """Why it did not succeed; empty if it did."""
        async with self._at_once:
            try:
                url = await self._find_address(key[0], receiver)
                await self._senders[receiver.kind].send(url, Message(*key, notice))
            except DeliveryError as error:
                return str(error)
            except Exception as error:  # noqa: BLE001 - of a library that was given somebody's URL
                return f"an unforeseen {type(error).__name__}"
        return ""

    async def _give_up(self, key: ReleaseKey, receiver: Receiver, notice: NoticeStatus, why: str) -> None:
        self._count(receiver.kind, "dropped")
        text = f"{receiver.name} could not be told of {notice.event} ({notice.version}) in {MOST_TRIES} tries: {why}."
        with contextlib.suppress(NotLeaderError):
            await self._tell_event(key, ReleaseEvent(EventType.WARNING, "NotificationDropped", text))


def _end(line: _Line) -> None:
    if line.task is not None:
        line.task.cancel()
