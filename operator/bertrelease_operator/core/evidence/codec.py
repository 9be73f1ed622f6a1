"""Looks as bytes: numbers of 7 bits a byte, the low ones first, and nothing for what is zero."""

import json
from collections.abc import Iterator
from math import ceil, floor

from bertrelease_operator.core.evidence.seen import Edges, SeenLook
from bertrelease_operator.core.evidence.tally import EMPTY, Tally
from bertrelease_operator.core.evidence.usage import Mean, Usage

_SUBJECT, _BASELINE, _HISTORY, _CUSTOM, _UNKNOWN, _SUBJECT_DOWN, _BASELINE_DOWN = (1 << bit for bit in range(7))
_WITHOUT_CPU_LIMIT, _WITHOUT_MEMORY_LIMIT, _FIRST_MEAN = 1, 2, 4
_PER_PERCENT, _PER_SECOND = 100, 1000


def encode_look(look: SeenLook) -> bytes:
    """`Usage.pods` is left out."""
    out = bytearray()
    tallies = ((_SUBJECT, look.subject), (_BASELINE, look.baseline), (_HISTORY, look.history))
    flags = sum(flag for flag, tally in tallies if _counts(tally))
    flags |= _CUSTOM * bool(look.custom) | _UNKNOWN * look.load_unknown
    flags |= _SUBJECT_DOWN * look.subject_down | _BASELINE_DOWN * look.baseline_down
    for number in (look.span_us, flags, look.restarts, look.loaded_pods, look.loading_pods, look.load_failures):
        _put(out, number)
    for flag, tally in tallies:
        if flags & flag:
            _put_tally(out, tally)
    _put_usage(out, look.usage)
    if look.custom:
        text = json.dumps(dict(look.custom), separators=(",", ":")).encode()
        _put(out, len(text))
        out += text
    return bytes(out)


def decode_look(data: bytes, edges: Edges) -> SeenLook:
    """The one look in `data`; `edges` of its histograms."""
    return _look(_Reader(data), edges)


def decode_looks(data: bytes, edges: Edges) -> Iterator[SeenLook]:
    """One look after another. Raises ValueError if the last one breaks off."""
    reader = _Reader(data)
    while not reader.at_end:
        yield _look(reader, edges)


def _counts(tally: Tally) -> bool:
    return bool(tally.requests or tally.errors or tally.latency_total or any(tally.latency_counts))


def _put(out: bytearray, number: int) -> None:
    """Zigzag, so that a counter that went back costs no more than one that went on."""
    left = number << 1 if number >= 0 else ~(number << 1)
    while left > 0x7F:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    out.append(left)


def _put_tally(out: bytearray, tally: Tally) -> None:
    """The histogram by bucket, as pairs of (empty buckets before it, count)."""
    for number in (tally.requests, tally.errors, tally.latency_total - tally.requests):
        _put(out, number)
    pairs, empty, below = [], 0, 0
    for count in tally.latency_counts:
        if count == below:
            empty += 1
            continue
        pairs += [empty, count - below]
        empty, below = 0, count
    _put(out, len(pairs) // 2)
    for number in pairs:
        _put(out, number)


def _put_usage(out: bytearray, usage: Usage) -> None:
    means = (usage.cpu, usage.memory, usage.full_cpu, usage.full_memory)
    flags = _WITHOUT_CPU_LIMIT * usage.without_cpu_limit | _WITHOUT_MEMORY_LIMIT * usage.without_memory_limit
    flags |= sum(_FIRST_MEAN << index for index, mean in enumerate(means) if mean is not None)
    _put(out, flags)
    for mean in means:
        if mean is not None:
            # Rounded so that what was above a limit of whole hundredths stays above it, and a short mean short.
            _put(out, ceil(round(mean.percent * _PER_PERCENT, 6)))
            _put(out, floor(round(mean.seconds * _PER_SECOND, 6)))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def at_end(self) -> bool:
        return self._position >= len(self._data)

    def number(self) -> int:
        value, shift = 0, 0
        while True:
            if self.at_end:
                raise ValueError("a recorded look breaks off")
            byte = self._data[self._position]
            self._position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value >> 1 if not value & 1 else ~(value >> 1)
            shift += 7

    def text(self) -> str:
        length = self.number()
        start = self._position
        self._position += length
        return self._data[start : self._position].decode()


def _look(reader: _Reader, edges: Edges) -> SeenLook:
    span_us, flags, restarts, loaded, loading, failures = (reader.number() for _ in range(6))
    kept = ((_SUBJECT, edges.subject_ms), (_BASELINE, edges.baseline_ms), (_HISTORY, edges.baseline_ms))
    subject, baseline, history = (_tally(reader, edges_ms) if flags & flag else EMPTY for flag, edges_ms in kept)
    return SeenLook(
        span_us=span_us,
        subject=subject,
        baseline=baseline,
        history=history,
        restarts=restarts,
        loaded_pods=loaded,
        loading_pods=loading,
        load_failures=failures,
        load_unknown=bool(flags & _UNKNOWN),
        usage=_usage(reader),
        custom=json.loads(reader.text()) if flags & _CUSTOM else {},
        subject_down=bool(flags & _SUBJECT_DOWN),
        baseline_down=bool(flags & _BASELINE_DOWN),
    )


def _tally(reader: _Reader, edges_ms: tuple[float, ...]) -> Tally:
    requests, errors, extra = (reader.number() for _ in range(3))
    new = [0] * len(edges_ms)
    index = -1
    for _ in range(reader.number()):
        index += reader.number() + 1
        if not 0 <= index < len(new):
            raise ValueError("a recorded look has more buckets than its histogram")
        new[index] = reader.number()
    counts, below = [], 0
    for count in new:
        below += count
        counts.append(below)
    return Tally(requests, errors, edges_ms, tuple(counts), requests + extra)


def _usage(reader: _Reader) -> Usage:
    flags = reader.number()
    cpu, memory, full_cpu, full_memory = (
        Mean(reader.number() / _PER_PERCENT, reader.number() / _PER_SECOND) if flags & (_FIRST_MEAN << index) else None
        for index in range(4)
    )
    return Usage(
        cpu=cpu,
        memory=memory,
        full_cpu=full_cpu,
        full_memory=full_memory,
        without_cpu_limit=bool(flags & _WITHOUT_CPU_LIMIT),
        without_memory_limit=bool(flags & _WITHOUT_MEMORY_LIMIT),
    )
