"""Results shared between processes and kept over restarts. Redis may be slow or dead: requests do not notice."""

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextvars import Context
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from bert_server.errors import SettingsError

if TYPE_CHECKING:
    from redis.asyncio import Redis

logger = logging.getLogger(__name__)

PREFIX = b"bert-server:"
DEFAULT_PORT = 6379
# How long a lookup may take; a request waits for the one before its own, too. On the same host it takes a tenth.
LOOKUP_SECONDS = 0.004
# When the client gives a command up and closes the connection; nobody waits that long.
COMMAND_SECONDS = 0.25
# So many lookups in a row that were too slow, and Redis is left alone for a while.
SLOW_LOOKUPS = 10
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 5.0
MOST_KEYS_AT_ONCE = 1024
MOST_UNSAVED = 4096

_DATABASE = re.compile(r"(/\d*)?")

Values = list[bytes | None]
_Lookup = tuple[Sequence[bytes], "asyncio.Future[Values]"]


class RedisStore:
    """Bytes by key. At most one lookup and one write are under way; what comes meanwhile goes together as the next.

    At first, after an error, and when it is too slow, Redis counts as down: lookups find nothing at once and writes
    are dropped until a probe in the background has been answered in time. Made on a running event loop;
    `make_client` is called on another thread, as importing the library takes most of a second.
    """

    def __init__(self, make_client: "Callable[[], Redis]", address: str, ttl_seconds: int) -> None:
        self.is_up = False
        self._client: Redis | None = None
        self._address = address
        self._ttl_seconds = ttl_seconds
        self._lookups: list[_Lookup] = []
        self._under_way: list[_Lookup] = []
        self._unsaved: dict[bytes, bytes] = {}
        self._reading = self._writing = False
        self._slow_lookups = 0
        self._stalled = False
        self._writes_refused = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._start(self._begin(make_client))

    async def get(self, keys: Sequence[bytes]) -> Values:
        """A value for each key, in their order; None for all if Redis does not answer in time. Never raises."""
        if not self.is_up or self._stalled:
            return [None] * len(keys)
        answer: asyncio.Future[Values] = asyncio.get_running_loop().create_future()
        self._lookups.append((keys, answer))
        if not self._reading:
            self._reading = True
            self._start(self._read())
        return await answer

    def put(self, values: Mapping[bytes, bytes]) -> None:
        """Save in the background; what cannot be saved is lost."""
        if not self.is_up or len(self._unsaved) + len(values) > MOST_UNSAVED:
            return
        self._unsaved.update(values)
        if not self._writing:
            self._writing = True
            self._start(self._write())

    async def close(self) -> None:
        self.is_up = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._give_up()
        if self._client is not None:
            await self._client.aclose()

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._lookups:
                asked = self._under_way = _first(self._lookups, MOST_KEYS_AT_ONCE)
                del self._lookups[: len(asked)]
                patience = loop.call_later(LOOKUP_SECONDS, self._too_slow)
                values = await self._look_up([key for keys, _ in asked for key in keys])
                patience.cancel()
                self._slow_lookups = self._slow_lookups if self._stalled else 0
                self._stalled = False
                _hand_out(asked, iter(values))
        finally:
            self._reading = False

    async def _look_up(self, keys: Sequence[bytes]) -> Values:
        try:
            return cast(Values, await self._connected.mget([PREFIX + key for key in keys]))
        except Exception as error:  # noqa: BLE001  a cache that fails is a cache that knows nothing
            self._went_down(type(error).__name__)
            return [None] * len(keys)

    def _too_slow(self) -> None:
        self._stalled = True
        self._give_up()
        self._slow_lookups += 1
        if self._slow_lookups >= SLOW_LOOKUPS:
            self._went_down(f"no answer within {LOOKUP_SECONDS * 1000:g} ms")

    def _give_up(self) -> None:
        """Nobody waits for this lookup any more, nor for the next one; what it finds is thrown away when it comes."""
        _hand_out([*self._under_way, *self._lookups], repeat(None))
        self._lookups.clear()

    async def _write(self) -> None:
        try:
            while self._unsaved:
                values, self._unsaved = self._unsaved, {}
                await self._save(values)
        finally:
            self._writing = False

    async def _save(self, values: Mapping[bytes, bytes]) -> None:
        pipeline = self._connected.pipeline(transaction=False)
        for key, value in values.items():
            pipeline.set(PREFIX + key, value, ex=self._ttl_seconds)
        try:
            replies = await pipeline.execute(raise_on_error=False)
        except Exception as error:  # noqa: BLE001  as above
            self._went_down(type(error).__name__)
            return
        refusal = next((reply for reply in replies if isinstance(reply, Exception)), None)
        if refusal is not None and not self._writes_refused:
            logger.warning("Redis at %s keeps no results: %s", self._address, refusal)
        self._writes_refused = refusal is not None

    @property
    def _connected(self) -> "Redis":
        assert self._client is not None  # noqa: S101  nothing is asked before the first probe was answered
        return self._client

    async def _begin(self, make_client: "Callable[[], Redis]") -> None:
        self._client = await asyncio.to_thread(make_client)
        failure = await self._probe()
        if failure is None:
            self._came_up()
        else:
            self._leave_alone(failure)

    def _came_up(self) -> None:
        self.is_up = True
        self._slow_lookups = 0
        logger.info("Redis at %s is in use", self._address)

    def _went_down(self, reason: str) -> None:
        if self.is_up:
            self.is_up = False
            self._leave_alone(reason)

    def _leave_alone(self, reason: str) -> None:
        logger.warning("Redis at %s is left alone for now: %s", self._address, reason)
        self._start(self._wait_for_it())

    async def _wait_for_it(self) -> None:
        pause_seconds = FIRST_PAUSE_SECONDS
        await asyncio.sleep(pause_seconds)
        while await self._probe() is not None:
            pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause_seconds)
        self._came_up()

    async def _probe(self) -> str | None:
        """What is wrong, if something is."""
        try:
            await self._connected.ping()  # may have to connect first
            async with asyncio.timeout(LOOKUP_SECONDS):
                await self._connected.ping()
        except Exception as error:  # noqa: BLE001  as above
            return type(error).__name__
        return None

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        # In a context of its own: what it logs is not about the request that happened to begin it.
        task = asyncio.create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def connect(url: str, ttl_seconds: int) -> RedisStore:
    """Connects in the background. Raises SettingsError, without the password, if the URL is none of a Redis."""
    address = _address(url)
    if address is None:
        raise SettingsError(
            "redis_url: this is no address of a Redis; write redis://[:password@]host:port/database (rediss:// for "
            "TLS), with special characters of the password percent-encoded"
        )
    return RedisStore(lambda: _client(url), address, ttl_seconds)


def _address(url: str) -> str | None:
    """Host and port, or None if the URL is none of a Redis."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORT
    except ValueError:  # its text may hold the password, or a part of it
        return None
    is_complete = parts.scheme in {"redis", "rediss"} and parts.hostname and _DATABASE.fullmatch(parts.path)
    return f"{parts.hostname}:{port}" if is_complete and not parts.query and not parts.fragment else None


def _client(url: str) -> "Redis":
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    return Redis.from_url(
        url,
        protocol=2,
        socket_timeout=COMMAND_SECONDS,
        socket_connect_timeout=COMMAND_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def _first(lookups: Iterable[_Lookup], most_keys: int) -> list[_Lookup]:
    """As many as have no more than so many keys together, and at least one."""
    chosen: list[_Lookup] = []
    count = 0
    for lookup in lookups:
        count += len(lookup[0])
        if chosen and count > most_keys:
            break
        chosen.append(lookup)
    return chosen


def _hand_out(lookups: Iterable[_Lookup], values: Iterator[bytes | None]) -> None:
    """Each gets its own of the values, which follow one another as the lookups do."""
    for keys, answer in lookups:
        own = list(islice(values, len(keys)))
        if not answer.done():
            answer.set_result(own)
