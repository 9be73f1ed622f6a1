"""What the looks of an epoch brought, one after another, so that other limits can be tried on them later.

Each look is kept as a few bytes. Beyond `MOST_LOOKS` older neighbours are put together: their sums stay right, only the
moments in between are lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Self

from bertrelease_operator.core.evidence.codec import decode_look, decode_looks, encode_look
from bertrelease_operator.core.evidence.seen import NO_EDGES, Edges, SeenLook

MOST_LOOKS: Final = 400
# The last looks stay single: a failure is made of them.
_NEVER_MERGED: Final = 100


@dataclass(frozen=True, slots=True)
class Trail:
    """The looks of one epoch; times are epoch seconds."""

    since: float = 0.0  # the first look; what it brought counts from then
    until: float = 0.0
    edges: Edges = NO_EDGES  # of every latency histogram in it
    looks: tuple[bytes, ...] = ()
    spans_us: tuple[int, ...] = ()  # time from the look before, of each look
    merged: bool = False

    def after(self, at: float, look: SeenLook) -> Self:
        """With one more look at `at`."""
        since = at if not self.looks else self.since
        # From the start, so that rounding does not add up.
        span_us = round((at - since) * 1e6) - sum(self.spans_us)
        edges = self.edges.shared(look.edges)
        known = replace(
            self,
            since=since,
            until=at,
            edges=edges,
            looks=(*self._looks_at(edges), encode_look(replace(look.at_edges(edges), span_us=span_us))),
            spans_us=(*self.spans_us, span_us),
        )
        return known if len(known.looks) <= MOST_LOOKS else known._with_a_pair_merged()

    def halved(self) -> Self:
        """Every two neighbours put together."""
        known = self.seen()
        pairs = [(one, next(known, None)) for one in known]
        merged = [one if other is None else one.plus(other) for one, other in pairs]
        return replace(
            self,
            looks=tuple(encode_look(look) for look in merged),
            spans_us=tuple(look.span_us for look in merged),
            merged=True,
        )

    def seen(self) -> Iterator[SeenLook]:
        return (decode_look(look, self.edges) for look in self.looks)

    def packed(self) -> bytes:
        return b"".join(self.looks)

    @classmethod
    def unpacked(cls, since: float, edges: Edges, packed: bytes, *, merged: bool) -> Self:
        """Inverse of `packed`. Raises ValueError for bytes that are no looks."""
        looks = tuple(decode_looks(packed, edges))
        spans_us = tuple(look.span_us for look in looks)
        until = since + sum(spans_us) / 1e6
        return cls(since, until, edges, tuple(map(encode_look, looks)), spans_us, merged)

    def _looks_at(self, edges: Edges) -> tuple[bytes, ...]:
        """The same looks with fewer buckets: a pod was found that does not have all of them."""
        if edges == self.edges:
            return self.looks
        return tuple(encode_look(look.at_edges(edges)) for look in self.seen())

    def _with_a_pair_merged(self) -> Self:
        """The two older neighbours that are closest in time become one look."""
        spans = self.spans_us
        # Not the first one: it marks the beginning, and brings what was counted before it.
        index = min(range(1, len(spans) - _NEVER_MERGED - 1), key=lambda i: spans[i] + spans[i + 1])
        one, other = (decode_look(self.looks[i], self.edges) for i in (index, index + 1))
        both = one.plus(other)
        return replace(
            self,
            looks=(*self.looks[:index], encode_look(both), *self.looks[index + 2 :]),
            spans_us=(*spans[:index], both.span_us, *spans[index + 2 :]),
            merged=True,
        )


NO_TRAIL: Final = Trail()
