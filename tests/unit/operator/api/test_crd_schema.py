"""Translating models into structural schemas."""

from enum import StrEnum
from typing import Annotated, Any

import pytest
from pydantic import Field

from bertrelease_operator.api.base import ApiModel, matching
from bertrelease_operator.api.crd.schema import Schema, structural_schema


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(ApiModel):
    """Something inside."""

    size: Annotated[float, Field(gt=0, lt=1)] = 0.5


class Outer(ApiModel):
    """Something."""

    a_word: Annotated[str, matching("^[a-z]+$", "write a word", max_length=8)]
    colour: Colour = Colour.RED
    inner: Inner = Field(default_factory=Inner, description="What is inside.")
    maybe: Inner | None = None
    many: Annotated[list[Inner], Field(max_length=3)] = Field(default_factory=lambda: [Inner(), Inner(size=0.25)])
    counts: dict[str, int] = Field(default_factory=dict)
    anything: dict[str, Any] | None = None


@pytest.fixture
def properties() -> dict[str, Schema]:
    properties: dict[str, Schema] = structural_schema(Outer, defaults=True)["properties"]
    return properties


def test_fields_have_their_names_on_the_wire() -> None:
    schema = structural_schema(Outer, defaults=True)
    assert list(schema["properties"]) == ["aWord", "colour", "inner", "maybe", "many", "counts", "anything"]
    assert schema["required"] == ["aWord"]
    assert schema["description"] == "Something."


def test_a_pattern_becomes_a_rule_with_a_sentence(properties: dict[str, Schema]) -> None:
    assert properties["aWord"] == {
        "type": "string",
        "maxLength": 8,
        "x-kubernetes-validations": [{"rule": "self.matches(r'^[a-z]+$')", "message": "write a word"}],
    }


def test_an_enum_lists_its_values(properties: dict[str, Schema]) -> None:
    assert properties["colour"] == {"type": "string", "enum": ["red", "blue"], "default": "red"}


def test_a_nested_model_is_written_out_with_its_default_and_the_field_s_description(
    properties: dict[str, Schema],
) -> None:
    assert properties["inner"]["description"] == "What is inside."
    assert properties["inner"]["default"] == {"size": 0.5}
    assert properties["maybe"]["description"] == "Something inside."
    assert "default" not in properties["maybe"]


def test_exclusive_bounds_are_flags(properties: dict[str, Schema]) -> None:
    assert properties["inner"]["properties"]["size"] == {
        "type": "number",
        "default": 0.5,
        "minimum": 0,
        "exclusiveMinimum": True,
        "maximum": 1,
        "exclusiveMaximum": True,
    }


def test_lists_are_atomic_unless_said_otherwise_and_state_their_default(properties: dict[str, Schema]) -> None:
    many = properties["many"]
    assert (many["maxItems"], many["x-kubernetes-list-type"]) == (3, "atomic")
    assert many["default"] == [{"size": 0.5}, {"size": 0.25}]


def test_maps_and_what_is_passed_through(properties: dict[str, Schema]) -> None:
    assert properties["counts"]["additionalProperties"] == {"type": "integer", "format": "int64"}
    assert properties["anything"] == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def test_a_status_has_no_defaults() -> None:
    assert "default" not in str(structural_schema(Outer, defaults=False))


class Torn(ApiModel):
    value: int | str


class Silent(ApiModel):
    value: Annotated[str, Field(pattern="^a$")]


@pytest.mark.parametrize(
    ("model", "complaint"), [(Torn, "has no unions"), (Silent, "a pattern and its sentence belong together")]
)
def test_what_a_structural_schema_cannot_say_is_an_error(model: type[ApiModel], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        structural_schema(model, defaults=True)
