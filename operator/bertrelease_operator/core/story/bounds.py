"""Keeps a story short: what was waited for goes first, the beginning and the end stay."""

from collections.abc import Sequence
from typing import Final

from bertrelease_operator.api.status import MOST_TOLD, StoryEntry

LONGEST_STORY_BYTES: Final = 20 * 1024


def bounded(story: Sequence[StoryEntry]) -> list[StoryEntry]:
    """At most `MOST_TOLD` entries and `LONGEST_STORY_BYTES`: first figures of long ago go, then whole entries."""
    kept = list(story)
    while len(kept) > MOST_TOLD:
        del kept[_least_missed(kept)]
    sizes = [_size_bytes(entry) for entry in kept]
    while sum(sizes) > LONGEST_STORY_BYTES and len(kept) > 1:
        index = next((i for i, entry in enumerate(kept[:-1]) if entry.checks), None)
        if index is None:
            index = _least_missed(kept)
            del kept[index], sizes[index]
        else:
            kept[index] = kept[index].model_copy(update={"checks": []})
            sizes[index] = _size_bytes(kept[index])
    return kept


def _least_missed(story: Sequence[StoryEntry]) -> int:
    """The oldest hold, else the oldest entry after the first; never the last."""
    return next((index for index, entry in enumerate(story[:-1]) if entry.holds), min(1, len(story) - 1))


def _size_bytes(entry: StoryEntry) -> int:
    return len(entry.model_dump_json(by_alias=True, exclude_none=True).encode())
