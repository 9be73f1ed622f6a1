"""What telling somebody means, whichever way it goes."""

from dataclasses import dataclass
from typing import Protocol

from bertrelease_operator.api.status import NoticeStatus


@dataclass(frozen=True, slots=True)
class Message:
    """One notice of one release."""

    namespace: str
    release: str
    notice: NoticeStatus


class DeliveryError(Exception):
    """It was not taken. The text says why, and never holds the address, which may be secret."""


class Sender(Protocol):
    """One kind of receiver."""

    async def send(self, url: str, message: Message) -> None:
        """Returns once the receiver has it. Raises DeliveryError."""
