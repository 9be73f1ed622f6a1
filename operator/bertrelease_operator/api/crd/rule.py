"""A condition in CEL, for what a schema alone cannot say."""

from dataclasses import dataclass
from typing import Final

FORBIDDEN: Final = "FieldValueForbidden"
REQUIRED: Final = "FieldValueRequired"
Path = tuple[str, ...]
ITEMS: Final = "[]"


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition in CEL that must hold, and the sentence shown when it does not."""

    condition: str
    message: str
    field: str = ""  # the field below the node that the message is about, such as ".tag"
    reason: str = "FieldValueInvalid"

    def as_validation(self) -> dict[str, str]:
        """An entry of `x-kubernetes-validations`."""
        optional = {"fieldPath": self.field} if self.field else {}
        return {"rule": self.condition, "message": self.message, "reason": self.reason, **optional}
