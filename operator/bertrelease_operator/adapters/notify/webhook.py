"""Notices as CloudEvents 1.0 in structured JSON (github.com/cloudevents/spec, HTTP protocol binding)."""

import json
from typing import Any, Final

import aiohttp

from bertrelease_operator.adapters.notify.contract import DeliveryError, Message
from bertrelease_operator.api.names import GROUP_VERSION, RELEASE_PLURAL

TIMEOUT_SECONDS: Final = 10.0
_HEADERS: Final = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
_TYPE_PREFIX: Final = "io.bertrelease.release."


def cloud_event(message: Message) -> dict[str, Any]:
    """Source and id together are the same for each try: a receiver that has seen them may drop the event."""
    notice = message.notice
    return {
        "specversion": "1.0",
        "id": notice.id,
        "source": f"/apis/{GROUP_VERSION}/namespaces/{message.namespace}/{RELEASE_PLURAL}/{message.release}",
        "type": f"{_TYPE_PREFIX}{notice.event.lower()}",
        "subject": notice.version,
        "time": notice.at,
        "datacontenttype": "application/json",
        "data": {
            "namespace": message.namespace,
            "release": message.release,
            "event": notice.event.value,
            "version": notice.version,
            "model": notice.model,
            "message": notice.message,
        },
    }


class Webhook:
    """A `Sender`. Follows no redirects, and reads nothing of an answer but its status."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def send(self, url: str, message: Message) -> None:
        body = json.dumps(cloud_event(message), ensure_ascii=False).encode()
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        try:
            async with self._session.post(
                url, data=body, headers=_HEADERS, timeout=timeout, allow_redirects=False
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # An error's own text may quote the address.
            raise DeliveryError(f"no answer ({type(error).__name__})") from None
        if not 200 <= status < 300:
            raise DeliveryError(f"it answered with HTTP status {status}, where 2xx was expected")
