"""Whole numbers in what clients write."""

import re

# More digits than any length or count has. Python itself refuses to read some thousands.
_DIGITS = re.compile(r"[0-9]{1,20}")


def whole_number(text: str) -> int | None:
    """None if it is none, or has more than 20 digits."""
    return int(text) if _DIGITS.fullmatch(text) else None
