"""The annotation that tells why the route last moved."""

import json
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from bertrelease_operator.core.clock import to_timestamp
from bertrelease_operator.core.observation import RouteNote
from bertrelease_operator.core.steering import NO_STEERING, Steering


class _StoredNote(BaseModel):
    """As written. Fields that a later operator may add are no reason to forget which version was taken back."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True, extra="ignore")

    changed_at: AwareDatetime
    reason: str = ""
    message: str = ""
    rejected: str | None = None
    stopped: str | None = None
    attempt: Annotated[int, Field(ge=0)] = 0
    record_uid: str = ""
    steering: dict[str, Any] = {}


def render_note(note: RouteNote) -> str:
    """JSON on one line, with the time to the microsecond; empty fields are left out."""
    fields = {
        "changedAt": to_timestamp(note.changed_at),
        "reason": note.reason,
        "message": note.message,
        "rejected": note.rejected,
        "stopped": note.stopped,
        "attempt": note.attempt,
        "recordUid": note.record_uid,
        "steering": note.steering.model_dump(mode="json", exclude_none=True),
    }
    return json.dumps({name: value for name, value in fields.items() if value}, ensure_ascii=False)


def parse_note(text: str) -> RouteNote | None:
    """Inverse of `render_note`; None for anything else."""
    try:
        stored = _StoredNote.model_validate_json(text)
    except ValueError:
        return None
    return RouteNote(
        changed_at=stored.changed_at.timestamp(),
        reason=stored.reason,
        message=stored.message,
        rejected=stored.rejected,
        stopped=stored.stopped,
        attempt=stored.attempt,
        record_uid=stored.record_uid,
        steering=_steering(stored.steering),
    )


def _steering(stored: dict[str, Any]) -> Steering:
    """None at all for what cannot be read; the next decision then writes the route anew."""
    try:
        return Steering.model_validate(stored)
    except ValueError:
        return NO_STEERING
