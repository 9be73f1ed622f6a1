"""API keys: who has one may ask."""

import hashlib
import hmac
import logging
import time
from http import HTTPStatus
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bert_server.api.problems import ProblemError
from bert_server.key_file import API_KEY_HEADER, read_keys, require_keys

logger = logging.getLogger(__name__)

# What probes, browsers and people need before they have a key; everything else asks for one.
OPEN_PATHS = frozenset(
    {"/", "/docs", "/health", "/openapi.json", "/ready", "/v2/health/live", "/v2/health/ready", "/version"}
)
OPEN_PREFIXES = ("/docs/", "/static/")
LOOK_SECONDS = 1.0

_REFUSAL_HEADERS = {"WWW-Authenticate": 'Bearer realm="bert-server"'}


class KeyFile:
    """Raises SettingsError if there is no key in it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        require_keys(file)
        self._state = self._look()  # before it is read: what changes after that is seen
        self._digests = self._read()
        self._next_look = time.monotonic() + LOOK_SECONDS

    def holds(self, key: bytes) -> bool:
        """Takes the same time for every key of a length, whether it is right, nearly right or wrong."""
        self._follow()
        digest = _digest(key)
        found = False
        for known in self._digests:
            found |= hmac.compare_digest(digest, known)
        return found

    def _follow(self) -> None:
        """A changed file counts within a second; while it cannot be read, the keys stay what they were."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        try:
            state = self._look()
            if state != self._state:
                self._digests = self._read()
                self._state = state
                logger.info("read %s again: %d API keys", self._file, len(self._digests))
        except OSError as error:
            logger.warning("cannot read %s, its last API keys still hold: %s", self._file, error.strerror)

    def _look(self) -> tuple[int, int, int]:
        found = self._file.stat()
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> list[bytes]:
        return [_digest(key) for key in read_keys(self._file)]


class ApiKeys:
    """ASGI middleware: 401 for requests without one of the file's keys."""

    def __init__(self, app: ASGIApp, file: Path) -> None:
        self._app = app
        self._keys = KeyFile(file)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        key = _key(Headers(scope=scope))
        if key is not None and self._keys.holds(key):
            await self._app(scope, receive, send)
            return
        problem = ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "no-api-key" if key is None else "wrong-api-key",
            "this needs an API key; send it as Authorization: Bearer KEY, or as x-api-key: KEY"
            if key is None
            else "this API key is not known here",
            headers=_REFUSAL_HEADERS,
        )
        await problem.response(scope["path"])(scope, receive, send)


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)


def _key(headers: Headers) -> bytes | None:
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    # Bytes beyond ASCII stand here as Latin-1, in which A0 and 85 are spaces: no key may lose them.
    key = credentials.strip(" \t") if scheme.lower() == "bearer" else headers.get(API_KEY_HEADER, "")
    return key.encode("latin-1") if key else None


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
