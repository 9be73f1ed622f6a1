"""The shared cache before a real Redis, which is killed, frozen and started again."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import pytest

from bert_server.cache import redis_store
from bert_server.cache.caching import CachedInference
from bert_server.cache.lru import LruCache
from bert_server.cache.redis_store import PREFIX, RedisStore, connect
from bert_server.errors import SettingsError
from tests.server.redis_process import RedisProcess
from tests.unit.server.cache.jobs import DEADLINE, KEYS, SIZES, Counts, FakeInference, answer_to, fill_mask

TTL_SECONDS = 1000
# How long to wait for what must happen in the end; no test measures how long it takes.
PATIENCE_SECONDS = 30


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    with RedisProcess(tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is not to decide whether a value is found."""
    monkeypatch.setattr(redis_store, "LOOKUP_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr(redis_store, "COMMAND_SECONDS", PATIENCE_SECONDS)


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncGenerator[RedisStore]:
    """With a Redis that answers."""
    store = connect(url, TTL_SECONDS)
    try:
        await until(lambda: store.is_up)
        yield store
    finally:
        await store.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110  any condition will do
            await asyncio.sleep(0.01)


async def until_stored(store: RedisStore, key: bytes, value: bytes) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await store.get([key]) != [value]:  # noqa: ASYNC110  another process must come to know it
            await asyncio.sleep(0.01)


async def test_values_are_found_by_other_processes_in_the_order_of_the_keys(redis: RedisProcess) -> None:
    async with opened(redis.url) as first, opened(redis.url) as second:
        first.put({b"a": b"1", b"b": b"\x00\xff"})
        await until_stored(second, b"b", b"\x00\xff")
        assert await second.get([b"b", b"none", b"a", b"b"]) == [b"\x00\xff", None, b"1", b"\x00\xff"]


async def test_lookups_at_the_same_time_go_together_and_are_not_mixed_up(redis: RedisProcess) -> None:
    async with opened(redis.url) as store:
        values = {f"{number}".encode(): f"value {number}".encode() for number in range(100)}
        store.put(values)
        await until_stored(store, b"99", b"value 99")
        commands_before = await _lookups(store)
        answers = await asyncio.gather(*(store.get([key, b"none"]) for key in values))
        assert answers == [[value, None] for value in values.values()]
        assert await _lookups(store) - commands_before <= 3


async def test_values_are_kept_for_as_long_as_was_asked(redis: RedisProcess) -> None:
    async with opened(redis.url) as store:
        store.put({b"a": b"1"})
        await until_stored(store, b"a", b"1")
        assert TTL_SECONDS - PATIENCE_SECONDS <= await store._connected.ttl(PREFIX + b"a") <= TTL_SECONDS


async def test_a_redis_that_is_not_there_costs_nothing_and_is_used_once_it_is(
    redis: RedisProcess, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    redis.kill()
    store = connect(redis.url, TTL_SECONDS)
    await until(lambda: "left alone" in caplog.text)
    store.put({b"a": b"1"})
    assert await store.get([b"a"]) == [None]
    redis.start()
    await until(lambda: store.is_up)
    store.put({b"a": b"2"})
    await until_stored(store, b"a", b"2")
    await store.close()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_redis_that_ended_is_used_again_when_it_is_back(redis: RedisProcess) -> None:
    async with opened(redis.url) as store:
        redis.kill()
        assert await store.get([b"a"]) == [None]
        await until(lambda: not store.is_up)
        redis.start()
        await until(lambda: store.is_up)
        store.put({b"a": b"1"})
        await until_stored(store, b"a", b"1")


async def test_a_redis_that_hangs_is_left_alone_until_it_answers_again(
    redis: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_store, "COMMAND_SECONDS", 0.1)
    async with opened(redis.url) as store:
        store.put({b"a": b"1"})
        await until_stored(store, b"a", b"1")
        redis.process.send_signal(signal.SIGSTOP)
        try:
            assert await store.get([b"a"]) == [None]
            await until(lambda: not store.is_up)
        finally:
            redis.process.send_signal(signal.SIGCONT)
        await until(lambda: store.is_up)
        await until_stored(store, b"a", b"1")


async def test_a_redis_that_is_full_is_still_read(redis: RedisProcess, caplog: pytest.LogCaptureFixture) -> None:
    async with opened(redis.url) as store:
        store.put({b"a": b"1"})
        await until_stored(store, b"a", b"1")
        await store._connected.config_set("maxmemory", "1")
        for _ in range(3):
            store.put({b"b": b"2"})
            await until(lambda: not store._writing)
        assert await store.get([b"a", b"b"]) == [b"1", None]
        assert store.is_up
    assert caplog.text.count("keeps no results") == 1


async def test_the_password_is_used_and_appears_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with RedisProcess(tmp_path, password="geheim") as redis:
        async with opened(redis.url) as store:
            store.put({b"a": b"1"})
            await until_stored(store, b"a", b"1")
            redis.kill()
            await store.get([b"a"])
            await until(lambda: not store.is_up)
        redis.start()
        store = connect(redis.url.replace("geheim", "falsch"), TTL_SECONDS)
        await until(lambda: "AuthenticationError" in caplog.text)
        await store.close()
    assert caplog.text.count("left alone") == 2
    assert "geheim" not in caplog.text
    assert "falsch" not in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "http://:geheim@host",
        "redis://:geheim/1@host:6379/0",
        "redis://:geheim@host:port",
        "redis://:geheim@/0",
        "redis://:geheim@host/null",
        "redis://:geheim@host/0?db=1",
    ],
)
def test_what_is_no_address_is_refused_without_telling_the_password(url: str) -> None:
    with pytest.raises(SettingsError, match="redis_url: this is no address") as refused:
        connect(url, TTL_SECONDS)
    assert refused.value.__context__ is None
    assert "geheim" not in str(refused.value)


async def test_killing_redis_under_load_fails_no_request_and_mixes_nothing_up(
    redis: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests of 32 clients for 200 different jobs, through a memory so small that most go to Redis."""
    monkeypatch.setattr(redis_store, "LOOKUP_SECONDS", 0.05)
    inference = FakeInference()
    inference.gate.set()
    async with opened(redis.url) as store:
        cache = CachedInference(inference, KEYS, LruCache(5_000), Counts(), store, sizes=SIZES)
        answered = 0

        async def client(number: int) -> None:
            nonlocal answered
            while not finished:
                job = fill_mask(1, (number * 7 + answered) % 200)
                (answer,) = await cache.compute([job], DEADLINE)
                assert answer.result == answer_to(job).result
                answered += 1

        async def more_answers() -> None:
            target = answered + 2000
            await until(lambda: answered >= target)

        finished = False
        clients = [asyncio.create_task(client(number)) for number in range(32)]
        await more_answers()
        redis.kill()
        await more_answers()
        await until(lambda: not store.is_up)
        redis.start()
        await until(lambda: store.is_up)
        await more_answers()
        finished = True
        await asyncio.gather(*clients)


async def test_closing_leaves_nobody_waiting(redis: RedisProcess) -> None:
    async with opened(redis.url) as store:
        waiting = [asyncio.create_task(store.get([b"a"])) for _ in range(3)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*waiting) == [[None]] * 3


async def _lookups(store: RedisStore) -> int:
    statistics = await store._connected.info("commandstats")
    return int(statistics["cmdstat_mget"]["calls"])
