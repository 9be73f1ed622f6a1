"""Versions: SemVer with a leading `v`, optionally followed by the Git revision that it was built from."""

import re
from typing import Annotated, Final

from pydantic import Field

from bertrelease_operator.api.base import matching

# Each number has at most 5 digits, so that `<release>-<version>` always fits a DNS label of 63 characters.
_NUMBER = r"(0|[1-9][0-9]{0,4})"
VERSION_PATTERN: Final = rf"^v{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-[0-9a-f]{{7,12}})?$"
MAX_VERSION_LENGTH: Final = 31
# 63 (DNS label) - 1 (hyphen) - MAX_VERSION_LENGTH
MAX_RELEASE_NAME: Final = 31

Version = Annotated[
    str,
    matching(
        VERSION_PATTERN,
        "a version is vMAJOR.MINOR.PATCH, optionally followed by the Git revision: v1.2.0 or v1.2.0-3f2a9c1; "
        "floating words such as latest name no version",
        max_length=MAX_VERSION_LENGTH,
    ),
    Field(
        description=(
            "SemVer with a leading v, optionally with the Git revision: v1.2.0 or v1.2.0-3f2a9c1. "
            "Floating words such as latest are refused."
        ),
    ),
]


def parse_version(version: str) -> tuple[int, int, int, str]:
    """`v1.2.0-3f2a9c1` -> `(1, 2, 0, "3f2a9c1")`; the revision is empty if there is none.

    Raises ValueError with a sentence for the user if `version` is not one.
    """
    match = re.fullmatch(VERSION_PATTERN[1:-1], version)
    if match is None:
        msg = f"{version!r} is not a version: write vMAJOR.MINOR.PATCH, optionally -<git revision>"
        raise ValueError(msg)
    major, minor, patch, revision = match.groups()
    return int(major), int(minor), int(patch), (revision or "").removeprefix("-")
