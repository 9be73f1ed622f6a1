"""Lengths of time as people at a terminal read them."""

from typing import Final

from bertrelease_operator.core.clock import to_epoch

_UNITS: Final = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))


def duration(seconds: float) -> str:
    """`75` -> `1m15s`: the largest unit, and the next one while the first is a single digit; never negative."""
    left = max(0, int(seconds))
    for index, (unit, size) in enumerate(_UNITS):
        count, rest = divmod(left, size)
        if not count:
            continue
        if count >= 10 or index + 1 == len(_UNITS):
            return f"{count}{unit}"
        smaller_unit, smaller_size = _UNITS[index + 1]
        smaller = rest // smaller_size
        return f"{count}{unit}{smaller}{smaller_unit}" if smaller else f"{count}{unit}"
    return "0s"


def age(timestamp: str, now: float) -> str:
    """How long ago `timestamp` (RFC 3339) was at `now` (epoch seconds)."""
    return duration(now - to_epoch(timestamp))
