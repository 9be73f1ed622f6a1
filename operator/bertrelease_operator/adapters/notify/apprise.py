"""Notices as messages to people, by the services that apprise knows.

apprise waits for its receivers in the thread that calls it, so it has a few of its own: one that hangs keeps neither
the operator nor a receiver of another service from going on for long.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from bertrelease_operator.adapters.notify.contract import DeliveryError, Message
from bertrelease_operator.core.notices import headline

# What people are told by. Others that apprise knows act on the machine that it runs on, or on phones and lamps.
SERVICES: Final = frozenset(
    {"dingtalk", "discord", "feishu", "lark", "mailto", "mailtos", "slack", "tgram", "wecombot", "workflows"}
)
TIMEOUT_SECONDS: Final = 30.0
_THREADS: Final = 4
# They would write addresses, and with them tokens, at level DEBUG.
_TALKATIVE: Final = ("apprise", "requests", "urllib3")


class AppriseMessages:
    """A `Sender`."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="apprise")
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    async def send(self, url: str, message: Message) -> None:
        if url.partition("://")[0].lower() not in SERVICES:
            raise DeliveryError(f"its URL must begin with one of {', '.join(sorted(SERVICES))}, and ://")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                taken = await loop.run_in_executor(self._threads, _notify, url, *text_of(message))
        except TimeoutError:
            raise DeliveryError(f"no answer within {TIMEOUT_SECONDS:g} s") from None
        if not taken:
            raise DeliveryError("apprise could not deliver it; see that the URL is complete and the service is there")


def text_of(message: Message) -> tuple[str, str]:
    """Title and body, in plain text."""
    notice = message.notice
    title = f"{message.namespace}/{message.release}: {headline(notice)}"
    about = f"Model: {notice.model}\n" if notice.model else ""
    return title, f"{notice.message}\n{about}{notice.at}"


def _notify(url: str, title: str, body: str) -> bool:
    # Half a second and 20 MB that an operator without such receivers can do without.
    import apprise

    client = apprise.Apprise(asset=apprise.AppriseAsset(app_id="BertRelease", secure_logging=True, async_mode=False))
    complete = client.add(url)
    servers = [*client]
    if not servers:
        return False
    # apprise takes lists of URLs: what the first begins with says nothing of the others.
    if not complete or len(servers) > 1 or not _protocols(servers[0]) & SERVICES:
        raise DeliveryError("its URL must be a single one of a service for people; name a receiver for each")
    return bool(client.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT))


def _protocols(server: Any) -> set[str]:
    """What its URLs may begin with: apprise says it as a text, as several, or not at all."""
    said = (server.protocol, server.secure_protocol)
    return {name for names in said for name in ([names] if isinstance(names, str) else names or ())}
