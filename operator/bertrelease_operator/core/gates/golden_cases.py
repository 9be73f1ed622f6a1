"""From the text of a ConfigMap to the cases of a golden set."""

import json
from collections.abc import Iterable
from typing import Any, Final

from pydantic import ValidationError

from bertrelease_operator.api.golden_cases import GOLDEN_CASE, FillMaskCase, GoldenCase, TranslationCase
from bertrelease_operator.core.plain_yaml import PlainYamlError, parse_plain

LARGEST_SET_BYTES: Final = 1024 * 1024  # what a ConfigMap holds
MOST_CASES: Final = 1000
JSON_LINES: Final = ".jsonl"


class GoldenSetError(ValueError):
    """The cases cannot be used; says which one, why, and what to write."""


def parse_cases(text: str, name: str) -> tuple[GoldenCase, ...]:
    """`name` is the key that holds `text`. Cases without an id get their number, counted from 1.

    May take a while: not for the event loop.
    """
    size_bytes = len(text.encode(errors="replace"))
    if size_bytes > LARGEST_SET_BYTES:
        raise GoldenSetError(f"{name} has {size_bytes} bytes, {LARGEST_SET_BYTES} are the most; use several gates")
    documents = _lines(text, name) if name.endswith(JSON_LINES) else _list(text, name)
    _check_count(len(documents), name)
    cases = [_case(document, number, name) for number, document in enumerate(documents, start=1)]
    return checked(cases, name)


def recorded_cases(answer: Any) -> tuple[GoldenCase, ...]:
    """What a server's `GET /golden` tells: texts and answers that its bundles were packaged with."""
    try:
        filled = [FillMaskCase(text=one["text"], expected=[one["token"]]) for one in answer["fill_mask"]]
        translated = [
            TranslationCase(source=one["text"], references=[one["translation"]]) for one in answer["translate"]
        ]
    except (KeyError, TypeError, ValidationError) as error:
        raise GoldenSetError(
            f"GET /golden does not tell recorded answers as this operator knows them: {error}"
        ) from error
    cases: list[GoldenCase] = [*filled, *translated]
    return tuple(case.model_copy(update={"id": f"bundle {number}"}) for number, case in enumerate(cases, start=1))


def checked(cases: Iterable[GoldenCase], name: str) -> tuple[GoldenCase, ...]:
    """Raises GoldenSetError for none, too many, and two with the same id."""
    known = tuple(cases)
    _check_count(len(known), name)
    ids = [case.id for case in known]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice is not None:
        raise GoldenSetError(f"{name} has two cases with the id {twice!r}; give each its own")
    return known


def _check_count(count: int, name: str) -> None:
    if not count:
        raise GoldenSetError(f"{name} holds no case; write some")
    if count > MOST_CASES:
        raise GoldenSetError(f"{name} holds {count} cases, {MOST_CASES} are the most; use several gates")


def _lines(text: str, name: str) -> list[Any]:
    documents = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            documents.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise GoldenSetError(f"{name}, line {number}: no JSON ({error}); write one case a line") from error
    return documents


def _list(text: str, name: str) -> list[Any]:
    try:
        document = parse_plain(text)
    except PlainYamlError as error:
        raise GoldenSetError(": ".join(filter(None, [f"{name} {error}", error.parser_says]))) from error
    if not isinstance(document, list):
        raise GoldenSetError(f"{name} is no list; write the cases as a YAML list, or name the key ...{JSON_LINES}")
    return document


def _case(document: Any, number: int, name: str) -> GoldenCase:
    try:
        case = GOLDEN_CASE.validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        # The first part of the place is the kind of the case, which nobody wrote.
        where = ".".join(str(part) for part in first["loc"][1:])
        raise GoldenSetError(f"{name}, case {number}: {where + ': ' if where else ''}{first['msg']}") from error
    return case if case.id else case.model_copy(update={"id": str(number)})
