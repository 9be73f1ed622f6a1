"""Texts of a wanted length, none like another."""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

FRAMING_TOKENS: Final = 2  # [CLS] and [SEP]
MASK: Final = "[MASK]"
SHORTEST_TOKENS: Final = FRAMING_TOKENS + 1

# The common characters of GB 2312: each is one token for a Chinese BERT, and in its vocabulary.
CHARACTERS: Final = "".join(
    bytes((row, cell)).decode("gb2312") for row in range(0xB0, 0xD7) for cell in range(0xA1, 0xFF)
)


@dataclass(frozen=True)
class Lengths:
    """Tokens of a text, the framing ones included, spread evenly over the logarithm: short texts are the commoner."""

    shortest: int = 8
    longest: int = 128

    def draw(self, dice: random.Random) -> int:
        return round(math.exp(dice.uniform(math.log(self.shortest), math.log(self.longest))))


def text_of(tokens: int, dice: random.Random) -> str:
    """Random common characters, so many that the text has this number of tokens."""
    return "".join(dice.choices(CHARACTERS, k=tokens - FRAMING_TOKENS))


def masked_text_of(tokens: int, dice: random.Random) -> str:
    """The same with one character masked."""
    text = text_of(tokens, dice)
    place = dice.randrange(len(text))
    return text[:place] + MASK + text[place + 1 :]


def texts(lengths: Lengths, seed: object, make: Callable[[int, random.Random], str] = masked_text_of) -> Iterator[str]:
    """Without end; the same seed gives the same texts, another one gives others."""
    dice = random.Random(repr(seed))  # noqa: S311  no secrets
    while True:
        yield make(lengths.draw(dice), dice)
