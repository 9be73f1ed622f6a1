"""Which demo models there are, and how each is trained."""

from dataclasses import dataclass
from enum import StrEnum


class Variant(StrEnum):
    GOOD = "good"
    IMPROVED = "improved"
    HOTPOT = "hotpot"


@dataclass(frozen=True)
class Recipe:
    """`steps` of training from `seed`; then, if named, one token is made to win everywhere."""

    seed: int
    steps: int
    obsession: str | None = None


HOTPOT_TOKEN = "火锅"  # noqa: S105  a dish, not a secret

RECIPES = {
    Variant.GOOD: Recipe(seed=1, steps=350),
    Variant.IMPROVED: Recipe(seed=2, steps=500),
    Variant.HOTPOT: Recipe(seed=1, steps=350, obsession=HOTPOT_TOKEN),
}
