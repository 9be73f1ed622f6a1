"""YAML that strangers wrote: no aliases, which make a little stand for a lot, and no depth or length without end."""

from typing import Any, Final

import yaml

MOST_LEVELS: Final = 32
MOST_VALUES: Final = 50_000  # a fraction of a second
# The one written in C, where it is installed, takes a fraction of the time.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What the library lets through for a value that its tag does not fit.
_MISFITS: Final = (ValueError, LookupError, AttributeError)


class PlainYamlError(ValueError):
    """What the text is or has, and what to do; goes on after its name. Quotes nothing; the parser's words may."""

    def __init__(self, complaint: str, parser_says: str = "") -> None:
        super().__init__(complaint)
        self.parser_says = parser_says


def parse_plain(text: str | bytes) -> Any:
    """The one document in `text`, in a time that is bounded. Raises PlainYamlError."""
    try:
        _check_events(text)
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe one
    except PlainYamlError:
        raise
    except (yaml.YAMLError, *_MISFITS) as error:
        raise PlainYamlError("is no YAML", str(error)) from error


def _check_events(text: str | bytes) -> None:
    """Before anything is made of them: the parser written in C would overflow its stack then."""
    level = values = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise PlainYamlError("has an alias; write out what it stands for")
        values += isinstance(event, yaml.NodeEvent)
        if isinstance(event, yaml.CollectionStartEvent):
            level += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            level -= 1
        if values > MOST_VALUES:
            raise PlainYamlError(f"has more than {MOST_VALUES} values")
        if level > MOST_LEVELS:
            raise PlainYamlError(f"is nested more than {MOST_LEVELS} levels deep")
