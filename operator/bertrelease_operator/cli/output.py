"""Printing: pictures for people, documents for programs."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from rich.console import Console, RenderableType

from bertrelease_operator.api.base import ApiModel


class Format(StrEnum):
    JSON = "json"
    YAML = "yaml"


def show(console: Console, picture: RenderableType) -> None:
    """A picture; without the blanks at line ends where nobody looks at a screen."""
    if console.is_terminal:
        console.print(picture)
        return
    with console.capture() as capture:
        console.print(picture)
    for line in capture.get().splitlines():
        console.out(line.rstrip(), highlight=False)


def write_document(console: Console, form: Format, content: ApiModel | Sequence[ApiModel]) -> None:
    """One object as it is, several as `items`."""
    document = _plain(content) if isinstance(content, ApiModel) else {"items": [_plain(item) for item in content]}
    console.out(_serialised(form, document), highlight=False)


def _plain(model: ApiModel) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True)


def _serialised(form: Format, document: dict[str, Any]) -> str:
    if form is Format.JSON:
        return json.dumps(document, indent=4, ensure_ascii=False)
    import yaml

    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False).rstrip()
