"""Logs as JSON lines on stderr, each with the release that it is about."""

import json
import logging
import re
import sys
from typing import Any, Final

from bertrelease_operator.core.clock import to_timestamp

_FIELDS: Final = ("namespace", "name", "version", "reason")
_QUIET: Final = {"kopf": logging.WARNING, "aiohttp.access": logging.WARNING, "asyncio": logging.WARNING}
_REPEAT_SECONDS: Final = 60.0


class _KopfOnce(logging.Filter):
    """Lets each message of kopf through once a minute: it tells of every attempt while the API server is away."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("kopf"):
            return True
        # Attempts are counted in the text, and the digits alone make no new message.
        message = re.sub(r"[0-9]+", "", record.getMessage())
        if record.created - self._told.get(message, 0.0) < _REPEAT_SECONDS:
            return False
        self._told = {text: at for text, at in self._told.items() if record.created - at < _REPEAT_SECONDS}
        self._told[message] = record.created
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object per record: time, level, message, what it is about, and a traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": to_timestamp(record.created),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        # A record's own `name` is the logger; a release's name comes as extra and would collide with it.
        about = getattr(record, "release", None) or {}
        line.update({field: about[field] for field in _FIELDS if field in about})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(level: str) -> None:
    """For the whole process. `level` as in --log-level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(_KopfOnce())  # not on kopf's logger, whose filters do not see what its children log
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name, quiet_level in _QUIET.items():
        logging.getLogger(name).setLevel(quiet_level)


def about(namespace: str, name: str, **fields: str) -> dict[str, dict[str, str]]:
    """`extra` for a record about one release; fields `version` and `reason` as wanted."""
    return {"release": {"namespace": namespace, "name": name, **fields}}
