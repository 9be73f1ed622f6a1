"""Which series a PromQL expression reads, and which labels it expects them to have."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*")|(?P<range>\[[^\]]*\])|(?P<number>\d[\w.]*)"""
    r"""|(?P<word>[a-zA-Z_:][\w:]*)|(?P<sign>=~|!~|!=|[<>=]=|\S)"""
)
_GROUPINGS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_OPERATORS = {"and", "or", "unless", "bool", "offset"}


@dataclass
class Use:
    """One selector: the metric, the labels that it or an aggregation around it names, and what it compares with `=`."""

    metric: str
    labels: set[str] = field(default_factory=set)
    equal: dict[str, str] = field(default_factory=dict)


def uses(expression: str) -> list[Use]:
    """All selectors of `expression`, in order. Labels of `on` and `group_left` count for those that come after them."""
    tokens = [(match.lastgroup or "", match.group()) for match in _TOKEN.finditer(expression)]
    return [*_uses(tokens, set())]


def _uses(tokens: list[tuple[str, str]], around: set[str]) -> Iterator[Use]:
    position, grouped = 0, set[str]()
    while position < len(tokens):
        kind, text = tokens[position]
        position += 1
        following = tokens[position][1] if position < len(tokens) else ""
        if text == "(":
            end = _closing(tokens, position)
            yield from _uses(tokens[position:end], around | grouped)
            position, grouped = end + 1, set()
        elif text in _GROUPINGS and following == "(":
            end = _closing(tokens, position + 1)
            labels = {word for kind, word in tokens[position + 1 : end] if kind == "word"}
            # What is joined on holds for the operand as a whole, whose own aggregation says what it has.
            grouped = labels if text == "by" else grouped
            position = end + 1
        elif kind == "word" and text not in _OPERATORS and following not in {"(", "by", "without"}:
            end = _closing(tokens, position + 1, "{", "}") if following == "{" else position
            yield _selector(text, tokens[position + 1 : end], around)
            position = end + 1 if following == "{" else position


def _selector(metric: str, matchers: list[tuple[str, str]], around: set[str]) -> Use:
    use = Use(metric, set(around))
    for (kind, label), (_, sign), (_, value) in zip(matchers, matchers[1:], matchers[2:], strict=False):
        if kind == "word":
            use.labels.add(label)
            if sign in {"=", "!="}:
                use.equal[label] = value.strip('"')
    return use


def _closing(tokens: list[tuple[str, str]], position: int, opening: str = "(", closing: str = ")") -> int:
    depth = 1
    while depth:
        depth += {opening: 1, closing: -1}.get(tokens[position][1], 0)
        position += 1
    return position - 1
