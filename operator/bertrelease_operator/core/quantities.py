"""Kubernetes quantities (`500m`, `1Gi`) as numbers."""

import re
from typing import Final

_QUANTITY: Final = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_FACTORS: Final[dict[str | None, float]] = {
    None: 1,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    **{suffix: 1000.0 ** (power + 1) for power, suffix in enumerate("kMGTPE")},
    **{f"{suffix}i": 1024.0 ** (power + 1) for power, suffix in enumerate("KMGTPE")},
}


def parse_quantity(text: str) -> float:
    """Cores, bytes or a plain number. Raises ValueError for what is no quantity."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a Kubernetes quantity such as 500m or 1Gi")
    number, suffix = match.groups()
    return float(number) * _FACTORS[suffix]
