"""Logs as JSON, one object a line, each with the identity of the server and of the request that it is about."""

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from bert_server.calls import current_call
from bert_server.identity import Identity

# What the caller may add with `extra={"fields": {...}}`.
EXTRA_FIELDS = "fields"


class JsonFormatter(logging.Formatter):
    """Keys: time (UTC), level, logger, message, version, release, fingerprint, request_id and trace_id where they
    apply, the extra fields, error."""

    def __init__(self, identity: Callable[[], Identity]) -> None:
        super().__init__()
        self._identity = identity

    def format(self, record: logging.LogRecord) -> str:
        identity = self._identity()
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "version": identity.version,
            "release": identity.release,
            "fingerprint": identity.fingerprint,
            **_request(),
            **getattr(record, EXTRA_FIELDS, {}),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(entry, enc_hook=str).decode()


def _request() -> dict[str, str]:
    call = current_call.get(None)
    if call is None:
        return {}
    ids = {"request_id": call.request_id}
    return ids | {"trace_id": call.trace_id} if call.trace_id else ids


def configure_logging(level: str, identity: Callable[[], Identity]) -> None:
    """Send everything to stdout; `identity` is asked for each line, as it grows when the bundle has been read."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(identity))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
