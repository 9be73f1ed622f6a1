"""Which files of a build context count, by the rules of a .dockerignore file.

https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    keeps: bool


class IgnoreRules:
    """The rules of one file; of those that match a path, the last decides."""

    def __init__(self, text: str) -> None:
        lines = (line.strip() for line in text.splitlines())
        self._rules = [_parse(line) for line in lines if line and not line.startswith("#")]
        self._has_exceptions = any(rule.keeps for rule in self._rules)

    def ignores(self, path: str) -> bool:
        """Is the path, relative to the context and with slashes, left out? A pattern covers what lies below."""
        ignored = False
        for rule in self._rules:
            if rule.pattern.fullmatch(path):
                ignored = not rule.keeps
        return ignored

    def files(self, context: Path) -> Iterator[str]:
        """The paths of the files (and symbolic links) that count, relative to the context, in order."""
        for directory, subdirectories, files in os.walk(context):
            base = Path(directory).relative_to(context)
            links = [name for name in subdirectories if (Path(directory) / name).is_symlink()]
            subdirectories[:] = sorted(
                name for name in subdirectories if name not in links and self._may_hold(f"{base / name}")
            )
            yield from sorted(path for name in (*files, *links) if not self.ignores(path := f"{base / name}"))

    def _may_hold(self, directory: str) -> bool:
        # An exception may bring back something below an ignored directory, so then look into it.
        return self._has_exceptions or not self.ignores(directory)


def _parse(line: str) -> _Rule:
    keeps = line.startswith("!")
    pattern = os.path.normpath(line.removeprefix("!").strip()).strip("/")
    return _Rule(re.compile(_translate(pattern) + "(/.*)?", re.DOTALL), keeps)


def _translate(pattern: str) -> str:
    """To a regular expression: `**` crosses directories, `*` and `?` stay within one."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]]*\])", pattern)
    special = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(special.get(part) or (part if part.startswith("[") else re.escape(part)) for part in parts)
