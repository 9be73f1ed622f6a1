import os
import sys
import tracemalloc

from bert_server.cache.lru import ENTRY_BYTES, LruCache


def size(key: bytes, value: bytes) -> int:
    return sys.getsizeof(key) + sys.getsizeof(value) + ENTRY_BYTES


def test_the_entry_that_was_not_asked_for_longest_is_forgotten_first() -> None:
    cache = LruCache(3 * size(b"a", b"1"))
    for key in (b"a", b"b", b"c"):
        cache.put(key, key.upper())
    assert cache.get(b"a") == b"A"
    cache.put(b"d", b"D")
    assert [cache.get(key) for key in (b"a", b"b", b"c", b"d")] == [b"A", None, b"C", b"D"]


def test_the_sizes_of_what_is_kept_add_up() -> None:
    cache = LruCache(10_000)
    cache.put(b"a", b"x" * 100)
    cache.put(b"a", b"y" * 10)
    cache.put(b"b", b"")
    assert cache.used_bytes == size(b"a", b"y" * 10) + size(b"b", b"")
    cache.discard(b"a")
    cache.discard(b"never there")
    assert (cache.used_bytes, len(cache)) == (size(b"b", b""), 1)


def test_a_value_larger_than_all_the_room_is_not_kept_and_pushes_nothing_out() -> None:
    cache = LruCache(1000)
    cache.put(b"a", b"A")
    cache.put(b"b", b"B" * 1000)
    assert (cache.get(b"a"), cache.get(b"b")) == (b"A", None)


def test_a_large_value_pushes_out_as_many_as_it_needs() -> None:
    cache = LruCache(10 * size(b"0", b""))
    for digit in b"0123456789":
        cache.put(bytes([digit]), b"")
    cache.put(b"x", b"x" * (3 * size(b"0", b"") - size(b"x", b"")))
    assert len(cache) == 8
    assert cache.used_bytes == cache.capacity_bytes


def test_the_memory_that_is_really_taken_stays_within_what_is_allowed() -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        cache = LruCache(2**20)
        for _ in range(20_000):
            cache.put(os.urandom(20), os.urandom(57))
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert 0.5 * cache.used_bytes < taken <= cache.capacity_bytes * 1.01
    assert 0.99 * cache.capacity_bytes < cache.used_bytes <= cache.capacity_bytes
