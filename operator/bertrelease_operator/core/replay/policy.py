"""What a replay tries: how traffic moves, and what counts as healthy."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from bertrelease_operator.api.health import Health
from bertrelease_operator.api.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Policy:
    """spec.strategy and spec.health."""

    strategy: Strategy
    health: Health

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """What is not there is as by default. Raises pydantic's ValidationError."""
        return cls(
            Strategy.model_validate(fields.get("strategy") or {}), Health.model_validate(fields.get("health") or {})
        )

    def asking_as(self, other: Self | None) -> Self:
        """With the source of figures of `other`: those that are on record come from there."""
        if other is None:
            return self
        return replace(self, health=self.health.model_copy(update={"source": other.health.source}))

    def without_drift(self) -> Self:
        """What the versions answered is not on record, so that nothing can be judged by it."""
        return replace(self, health=self.health.model_copy(update={"prediction_drift": None}))


def recorded_fields(policy: str) -> dict[str, Any]:
    """Of a recording's policy; empty if it was too long to be kept."""
    fields: dict[str, Any] = json.loads(policy) if policy else {}
    return fields


def changed(fields: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` with a JSON merge patch (RFC 7386): what the patch does not name stays, null removes."""
    merged = dict(fields)
    for name, value in patch.items():
        before = merged.get(name)
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            merged[name] = changed(before if isinstance(before, Mapping) else {}, value)
        else:
            merged[name] = value
    return merged
