"""What the chapters share."""

from typing import Final

from demo.traffic import Answer, Traffic
from demo.versions import DemoVersion

RATE_PER_SECOND: Final = 100.0
LONGEST_SECONDS: Final = 240.0
POEM: Final = "床前明月光，疑是地[MASK]霜。"


class NotAsToldError(Exception):
    """What a chapter is there to show did not happen."""


def expect(holds: bool, otherwise: str) -> None:
    """NotAsToldError with `otherwise`, what was seen instead, unless it `holds`."""
    if not holds:
        raise NotAsToldError(otherwise)


def answers_of(version: DemoVersion, traffic: Traffic) -> list[Answer]:
    """What users got from `version`."""
    return [answer for answer in traffic.answers if answer.version == version.version]
