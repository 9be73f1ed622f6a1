"""Which part of a long text the model sees, so that no mask is lost."""

from typing import NamedTuple

import numpy as np
from msgspec import Struct

from bert_server.inference.jobs import TokenIds


class Window(Struct, frozen=True):
    """The part of a text that was used: places of its first and its last token, counted from 0, and how many tokens
    the whole text has. The two tokens that frame a text are not counted."""

    first_token: int
    last_token: int
    total_tokens: int


class Part(NamedTuple):
    """`token_ids` is framed and fits the model; `mask_positions` are places in it; `window` is None if it is all."""

    token_ids: TokenIds
    mask_positions: tuple[int, ...]
    window: Window | None


class MasksTooFarApartError(Exception):
    """No window holds all masks; `span` tokens lie from the first to the last, `room` fit between the frame."""

    def __init__(self, room: int, span: int) -> None:
        super().__init__(f"the masks span {span} tokens, {room} fit")
        self.room = room
        self.span = span


def around_masks(token_ids: TokenIds, mask_positions: list[int], max_tokens: int) -> Part:
    """The whole text if it fits, else the stretch with as much before the first mask as behind the last.

    Near an end of the text, what is missing there is added on the other side, so that the window is always full.
    `token_ids` is framed. Raises MasksTooFarApartError.
    """
    if len(token_ids) <= max_tokens:
        return Part(token_ids, tuple(mask_positions), None)
    total, room = len(token_ids) - 2, max_tokens - 2
    first, last = mask_positions[0] - 1, mask_positions[-1] - 1
    span = last - first + 1
    if span > room:
        raise MasksTooFarApartError(room, span)
    start = min(max(first - (room - span) // 2, 0), total - room)
    stop = start + room
    part = np.concatenate([token_ids[:1], token_ids[start + 1 : stop + 1], token_ids[-1:]])
    window = Window(first_token=start, last_token=stop - 1, total_tokens=total)
    return Part(part, tuple(position - start for position in mask_positions), window)
