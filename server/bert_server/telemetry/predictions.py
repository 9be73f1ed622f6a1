"""The latest answers as digests, so that the operator can tell how often two versions answer the same request alike.

Neither a text nor a request id is kept. An id is kept as a hash, by which the two versions' answers find each other; an
answer as a hash under a key that is made of the request id as well. Whoever reads this without knowing the id,
which Envoy makes at random, can neither guess the answer nor see that two requests had the same one.
"""

import os
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b, shake_128
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from bert_server.calls import Call
from bert_server.digits import whole_number
from bert_server.inference.jobs import Vector

DIGEST_BYTES = 8
_KEY_BYTES = 16
# What a reader asks for who wants nothing of what was before.
FROM_NOW_ON = "now"


class KeptPrediction(NamedTuple):
    """As it is served: `id` and `digest` are 16 hex digits, `digest` is None where the score is all that there is."""

    task: str
    id: str
    digest: str | None
    score: float | None


class PredictionsPage(msgspec.Struct):
    """`cursor` is what the next request gives as `after`; `missed` is how many came and went since the last one."""

    cursor: str
    missed: int
    predictions: list[KeptPrediction]


class RecentPredictions:
    """A ring of the last `size` answers: one thread writes, any number read, and nobody waits.

    A slot holds the answer with its number, so that a reader sees when it has been overwritten meanwhile.
    """

    def __init__(self, size: int) -> None:
        self._slots: list[tuple[int, KeptPrediction] | None] = [None] * size
        self._next = 0
        self._process = os.urandom(4).hex()  # a cursor of another process means nothing here

    @property
    def are_kept(self) -> bool:
        return bool(self._slots)

    def add(self, call: Call) -> None:
        """What the call was answered, if a user asked and it can be compared; takes a few microseconds."""
        if call.prediction is None or call.by_gate or not self._slots:
            return
        number = self._next
        self._slots[number % len(self._slots)] = (number, _kept(call))
        self._next = number + 1

    def since(self, cursor: str | None) -> PredictionsPage:
        """What came after `cursor`; all that is kept if there is none, or one of another process. On any thread."""
        end = self._next
        first = end if cursor == FROM_NOW_ON else self._number(cursor, end)
        kept = list(self._between(max(first, end - len(self._slots)), end))
        return PredictionsPage(f"{self._process}-{end}", end - first - len(kept), kept)

    def _number(self, cursor: str | None, end: int) -> int:
        process, _, digits = (cursor or "").partition("-")
        number = whole_number(digits)
        return number if number is not None and process == self._process and number <= end else 0

    def _between(self, first: int, end: int) -> Iterator[KeptPrediction]:
        for number in range(first, end):
            slot = self._slots[number % len(self._slots)]
            if slot is not None and slot[0] == number:
                yield slot[1]


def _kept(call: Call) -> KeptPrediction:
    prediction = call.prediction
    assert prediction is not None  # noqa: S101 - asked by the caller
    hashed = blake2b(call.request_id.encode(), digest_size=DIGEST_BYTES + _KEY_BYTES).digest()
    public_id, key = hashed[:DIGEST_BYTES], hashed[DIGEST_BYTES:]
    match prediction.answer:
        case None:
            digest = None
        case str(text):
            digest = blake2b(text.encode(), digest_size=DIGEST_BYTES, key=key).hexdigest()
        case vector:
            digest = _masked(sketch(vector), key)
    score = round(prediction.score, 4) if prediction.score is not None else None
    return KeptPrediction(prediction.task.value, public_id.hex(), digest, score)


def sketch(vector: Vector) -> bytes:
    """64 bits, of which two vectors share the more the smaller the angle between them.

    Each bit says on which side of a plane the vector lies; two vectors at an angle of a differ in a/pi of the bits
    (Charikar, "Similarity estimation techniques from rounding algorithms", 2002). The planes are the
    same in all versions.
    """
    return np.packbits(_planes(len(vector)) @ vector > 0).tobytes()


@lru_cache(maxsize=4)
def _planes(dimensions: int) -> NDArray[np.float32]:
    bits = 8 * DIGEST_BYTES
    drawn = np.frombuffer(shake_128(b"planes").digest(bits * dimensions), np.uint8)
    return np.where(drawn > 127, np.float32(1), np.float32(-1)).reshape(bits, dimensions)


def _masked(sketched: bytes, key: bytes) -> str:
    """Equal bits stay equal for answers to the same request, and mean nothing beside other requests'."""
    return bytes(a ^ b for a, b in zip(sketched, key, strict=False)).hex()
