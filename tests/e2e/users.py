"""One user with a browser: requests one after another through the gateway, cookies kept."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.cookies import SimpleCookie

from demo.release import HOST
from demo.traffic import VERSION_HEADER


class User:
    """Somebody whose browser remembers."""

    def __init__(self, gateway_url: str, headers: Mapping[str, str] | None = None) -> None:
        self._gateway_url = gateway_url
        self._headers = dict(headers or {})
        self.cookies: SimpleCookie = SimpleCookie()

    async def asks(self, times: int = 1) -> set[str]:
        """The versions that answered."""
        return {await asyncio.to_thread(self._ask) for _ in range(times)}

    def _ask(self) -> str:
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())
        headers = {"Host": HOST, "Content-Type": "application/json", **self._headers}
        request = urllib.request.Request(  # noqa: S310 - an http URL of our own
            f"{self._gateway_url}/fill-mask",
            data=json.dumps({"text": "太阳从东[MASK]升起。"}).encode(),
            headers=headers | ({"Cookie": cookie} if cookie else {}),
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
                answer = response.headers
        except urllib.error.HTTPError as error:
            answer = error.headers
        for header in answer.get_all("Set-Cookie") or []:
            self.cookies.load(header)
        return str(answer[VERSION_HEADER])


async def user_of(gateway_url: str, version: str, timeout_seconds: float = 20) -> User:
    """Somebody whom the weights send to `version`, once the proxies have them; AssertionError if there is none."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        user = User(gateway_url)
        if await user.asks() == {version}:
            return user
    raise AssertionError(f"no user was sent to {version} within {timeout_seconds:g} s")
