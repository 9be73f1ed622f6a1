"""What depends on how quickly Redis answers, with one that answers when it is told to."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from bert_server.cache import redis_store
from bert_server.cache.redis_store import MOST_KEYS_AT_ONCE, MOST_UNSAVED, SLOW_LOOKUPS, RedisStore
from bert_server.calls import Call, current_call


class FakeRedis:
    """Finds every key, with itself as value, once `gate` is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.asked: list[list[bytes]] = []
        self.saved: list[bytes] = []

    async def mget(self, keys: list[bytes]) -> list[bytes]:
        self.asked.append(keys)
        await self.gate.wait()
        return keys

    async def aclose(self) -> None:
        """Nothing is open."""

    async def ping(self) -> None:
        await self.gate.wait()

    def pipeline(self, *, transaction: bool) -> "FakeRedis":
        assert not transaction
        return self

    def set(self, key: bytes, value: bytes, ex: int) -> None:
        del value, ex
        self.saved.append(key)

    async def execute(self, *, raise_on_error: bool) -> list[bool]:
        assert not raise_on_error
        await self.gate.wait()
        return []


@pytest.fixture
def redis() -> FakeRedis:
    return FakeRedis()


@pytest.fixture
async def store(redis: FakeRedis, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[RedisStore]:
    """In use, and then with a Redis that answers nothing until it is told to."""
    monkeypatch.setattr(redis_store, "LOOKUP_SECONDS", 0.001)
    monkeypatch.setattr(redis_store, "FIRST_PAUSE_SECONDS", 3600)
    fake: Any = redis
    redis.gate.set()
    store = RedisStore(lambda: fake, "toy:6379", ttl_seconds=10)
    while not store.is_up:  # noqa: ASYNC110  the client is made on another thread
        await asyncio.sleep(0.001)
    redis.gate.clear()
    yield store
    await store.close()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_redis_that_answers_but_too_slowly_several_times_in_a_row_is_left_alone(
    redis: FakeRedis, store: RedisStore, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(SLOW_LOOKUPS):
        assert store.is_up
        assert await store.get([b"a"]) == [None]
        redis.gate.set()
        await settle()
        redis.gate.clear()
    assert not store.is_up
    assert "no answer within 1 ms" in caplog.text
    assert await store.get([b"a"]) == [None]
    assert len(redis.asked) == SLOW_LOOKUPS


async def test_what_happens_to_redis_is_not_logged_as_a_matter_of_one_request(
    redis: FakeRedis, store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Call | None] = []
    monkeypatch.setattr(redis, "mget", lambda _: calls.append(current_call.get(None)))
    token = current_call.set(Call("id", 0.0, 1.0))
    await store.get([b"a"])
    current_call.reset(token)
    assert calls == [None]


async def test_while_a_slow_lookup_is_under_way_nobody_waits_for_redis(redis: FakeRedis, store: RedisStore) -> None:
    assert await store.get([b"a"]) == [None]
    with pytest.raises(StopIteration) as at_once:
        store.get([b"b"]).send(None)
    assert at_once.value.value == [None]
    redis.gate.set()
    await settle()
    assert await store.get([b"b"]) == [redis_store.PREFIX + b"b"]


async def test_a_lookup_in_time_makes_the_slow_ones_before_forgotten(redis: FakeRedis, store: RedisStore) -> None:
    for _ in range(2 * SLOW_LOOKUPS):
        assert await store.get([b"a"]) == [None]
        redis.gate.set()
        await settle()
        assert await store.get([b"a"]) == [redis_store.PREFIX + b"a"]
        redis.gate.clear()
    assert store.is_up


async def test_nothing_is_asked_before_it_is_known_that_redis_answers(redis: FakeRedis) -> None:
    fake: Any = redis
    store = RedisStore(lambda: fake, "toy:6379", ttl_seconds=10)
    assert await store.get([b"a"]) == [None]
    store.put({b"a": b""})
    await store.close()
    assert (redis.asked, redis.saved) == ([], [])


async def test_a_large_lookup_goes_by_itself(redis: FakeRedis, store: RedisStore) -> None:
    many = [b"%d" % number for number in range(MOST_KEYS_AT_ONCE + 1)]
    redis.gate.set()
    answers = await asyncio.gather(*(store.get(keys) for keys in ([b"a"], many, [b"b"])))
    assert [len(answer) for answer in answers] == [1, len(many), 1]
    assert [len(keys) for keys in redis.asked] == [1, len(many), 1]


async def test_what_waits_to_be_saved_is_bounded(redis: FakeRedis, store: RedisStore) -> None:
    store.put({b"first": b""})
    await settle()
    for number in range(2 * MOST_UNSAVED):
        store.put({b"%d" % number: b""})
    redis.gate.set()
    await settle()
    assert len(redis.saved) == 1 + MOST_UNSAVED
