"""Reading answers of servers that may be broken."""

from typing import Final

import aiohttp

LARGEST_BODY_BYTES: Final = 1024 * 1024


async def read_body(response: aiohttp.ClientResponse) -> bytes:
    """The body, cut off where no honest server would go on."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            break
    return bytes(body)
