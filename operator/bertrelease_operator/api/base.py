"""What all models share."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

# In a JSON schema: what the API server says of a value that does not match the pattern.
PATTERN_MESSAGE: Final = "x-pattern-message"
# For Field(json_schema_extra=...): a list without duplicates, and a number that may also be written as text.
LIST_SET: Final[dict[str, Any]] = {"x-kubernetes-list-type": "set"}
INT_OR_STRING: Final[dict[str, Any]] = {"x-kubernetes-int-or-string": True}


class ApiModel(BaseModel):
    """Immutable, camelCase on the wire, and strict about unknown fields: nothing is accepted and ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
        use_enum_values=False,
    )


def matching(pattern: str, message: str, *, max_length: int, schema: dict[str, Any] | None = None) -> Any:
    """A string's pattern, and the sentence for a person who wrote something else; `schema`: further keywords."""
    return Field(pattern=pattern, max_length=max_length, json_schema_extra={PATTERN_MESSAGE: message, **(schema or {})})
