"""Trails as text, and back."""

import zlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence

from bertrelease_operator.api.recording import LONGEST_DATA, MOST_CHUNKS, RecordedLooks
from bertrelease_operator.core.clock import to_epoch, to_timestamp
from bertrelease_operator.core.evidence.seen import Edges
from bertrelease_operator.core.evidence.trail import Trail
from bertrelease_operator.core.observation import Watch


def pack(trail: Trail, watch: Watch) -> RecordedLooks:
    return _packed(trail, watch.epoch, watch.baseline)


def unpack(recorded: RecordedLooks) -> Trail:
    """Raises ValueError for data that no operator wrote."""
    try:
        data = zlib.decompress(b64decode(recorded.data))
    except (NotBase64, zlib.error) as error:
        raise ValueError(f"the looks of {recorded.epoch} cannot be read: {error}") from error
    baseline_ms = recorded.edges_ms if recorded.baseline_edges_ms is None else recorded.baseline_edges_ms
    edges = Edges(tuple(recorded.edges_ms), tuple(baseline_ms))
    return Trail.unpacked(to_epoch(recorded.since), edges, data, merged=recorded.merged)


def fitted(chunks: Sequence[RecordedLooks]) -> list[RecordedLooks]:
    """Within the bounds of the API: looks that are too many are put together, the longest epoch's first."""
    kept = list(chunks)[-MOST_CHUNKS:]
    while sum(len(chunk.data) for chunk in kept) > LONGEST_DATA:
        # What is still being judged comes last.
        rest = kept[:-1] if any(chunk.looks > 1 for chunk in kept[:-1]) else kept
        longest = max(rest, key=lambda chunk: (chunk.looks > 1, len(chunk.data)))
        index = kept.index(longest)
        kept[index : index + 1] = _halved(longest)
    return kept


def _halved(chunk: RecordedLooks) -> list[RecordedLooks]:
    """Nothing of a single look, nor of looks that cannot be read: no record may keep a decision from being made."""
    if chunk.looks <= 1:
        return []
    try:
        return [_packed(unpack(chunk).halved(), chunk.epoch, chunk.baseline)]
    except ValueError:
        return []


def _packed(trail: Trail, epoch: str, baseline: str | None) -> RecordedLooks:
    data = b64encode(zlib.compress(trail.packed(), level=1)).decode()
    if len(data) > LONGEST_DATA:
        return _packed(trail.halved(), epoch, baseline)
    edges_ms, baseline_ms = trail.edges
    return RecordedLooks(
        epoch=epoch,
        baseline=baseline,
        since=to_timestamp(trail.since),
        until=to_timestamp(trail.until),
        looks=len(trail.looks),
        merged=trail.merged,
        edges_ms=list(edges_ms),
        baseline_edges_ms=list(baseline_ms) if baseline_ms not in {(), edges_ms} else None,
        data=data,
    )
