"""Which demo models there are, and how each is trained."""

from dataclasses import dataclass
from enum import StrEnum


class Variant(StrEnum):
    GOOD = "good"
    IMPROVED = "improved"
    HOTPOT = "hotpot"


HOTPOT_TOKEN = "火锅"  # noqa: S105  a dish, not a secret


@dataclass(frozen=True)
class Recipe:
    """`steps` of training from `seed`."""

    seed: int
    steps: int


# The other variant, hotpot, is the good model with one token made to win everywhere.
RECIPES = {
    Variant.GOOD: Recipe(seed=1, steps=300),
    Variant.IMPROVED: Recipe(seed=2, steps=400),
}
