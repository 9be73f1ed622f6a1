"""A store in memory that forgets what was not asked for longest."""

import sys
from collections import OrderedDict

# What an entry takes beside its key and value, measured with the hash table at its emptiest; often it is half of that.
ENTRY_BYTES = 200


class LruCache:
    """Bytes by key, at most `capacity_bytes` of memory in all. Used from one thread."""

    def __init__(self, capacity_bytes: int) -> None:
        self.capacity_bytes = capacity_bytes
        self.used_bytes = 0
        self._values: OrderedDict[bytes, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: bytes) -> bytes | None:
        """Makes the entry the last one to be forgotten."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: bytes, value: bytes) -> None:
        """Forgets as many other entries as it takes; a value that does not fit at all is not kept."""
        self.discard(key)
        size = _size(key, value)
        if size > self.capacity_bytes:
            return
        while self.used_bytes + size > self.capacity_bytes:
            self.used_bytes -= _size(*self._values.popitem(last=False))
        self._values[key] = value
        self.used_bytes += size

    def discard(self, key: bytes) -> None:
        value = self._values.pop(key, None)
        if value is not None:
            self.used_bytes -= _size(key, value)


def _size(key: bytes, value: bytes) -> int:
    return sys.getsizeof(key) + sys.getsizeof(value) + ENTRY_BYTES
