"""Reading answers of servers that may be broken."""

from dataclasses import dataclass
from typing import Final

import aiohttp

from bertrelease_operator.adapters.errors import TooLargeError

LARGEST_BODY_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class AnswerBounds:
    """How much is taken of the answers of an API server that need not be trusted."""

    page_objects: int
    pages: int
    answer_bytes: int
    answer_values: int  # of JSON, each of which takes far more memory than text

    async def read(self, response: aiohttp.ClientResponse) -> bytes:
        """Raises TooLargeError."""
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self.answer_bytes:
                raise TooLargeError(f"the answer has more than {self.answer_bytes} bytes")
        if sum(map(body.count, (b",", b"[", b"{"))) > self.answer_values:
            raise TooLargeError(f"the answer has more than {self.answer_values} values")
        return bytes(body)


async def read_body(response: aiohttp.ClientResponse, largest_bytes: int = LARGEST_BODY_BYTES) -> bytes:
    """The body, cut off where no honest server would go on."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > largest_bytes:
            break
    return bytes(body)
