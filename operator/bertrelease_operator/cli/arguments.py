"""Words of the command line, as kubectl has them."""

from typing import Final

from bertrelease_operator.api.names import GROUP, RELEASE_KIND, RELEASE_PLURAL
from bertrelease_operator.api.version import parse_version
from bertrelease_operator.cli.errors import UsageError

RESOURCE: Final = f"{RELEASE_KIND.lower()}.{GROUP}"
_TYPES: Final = frozenset({"brel", RELEASE_KIND.lower(), RELEASE_PLURAL, RESOURCE, f"{RELEASE_PLURAL}.{GROUP}"})


def release_name(argument: str) -> str:
    """`fill-mask`, `brel/fill-mask` or `bertrelease/fill-mask` -> `fill-mask`. Raises UsageError otherwise."""
    kind, slash, name = argument.rpartition("/")
    if slash and kind.lower() not in _TYPES:
        raise UsageError(f"{argument!r} names a {kind!r}: write NAME, brel/NAME or {RELEASE_KIND.lower()}/NAME")
    if not name:
        raise UsageError(f"{argument!r} has no name: write NAME, brel/NAME or {RELEASE_KIND.lower()}/NAME")
    return name


def release_version(argument: str) -> str:
    """The version itself. Raises UsageError if it is none."""
    try:
        parse_version(argument)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return argument


def result_line(name: str, verb: str) -> str:
    """As kubectl says what it did: `bertrelease.bertrelease.io/fill-mask promoted`."""
    return f"{RESOURCE}/{name} {verb}"
