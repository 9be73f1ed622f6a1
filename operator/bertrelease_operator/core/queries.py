"""Queries of a person's own, with places for what they are about."""

import re
from collections.abc import Mapping
from typing import Final

_PLACEHOLDER: Final = re.compile(r"\$(namespace|release|version|stable)\b")


def filled_query(template: str, values: Mapping[str, str]) -> str:
    """`template` with $namespace, $release, $version and $stable replaced, as far as `values` has them."""
    return _PLACEHOLDER.sub(lambda match: values.get(match.group(1), match.group(0)), template)
