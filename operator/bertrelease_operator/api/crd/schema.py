"""pydantic models as structural OpenAPI v3 schemas, the dialect that CustomResourceDefinitions speak.

What differs from JSON schema: no references, no `anyOf` with null (null means the default here), exclusive
bounds as flags, no `additionalProperties: false` (the API server prunes unknown fields itself, and refuses them
under strict field validation), and patterns as CEL rules, because "should match '^v(0|...'" helps nobody.
"""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, NoDefault
from pydantic_core.core_schema import WithDefaultSchema

from bertrelease_operator.api.base import PATTERN_MESSAGE

Schema = dict[str, Any]

_INT_OR_STRING = "x-kubernetes-int-or-string"
_DROPPED = ("title", "$defs", "propertyNames")


class _WithFactories(GenerateJsonSchema):
    """Also states defaults that come from factories; in full, because rules see them before they are completed."""

    def get_default_value(self, schema: WithDefaultSchema) -> Any:
        factory = schema.get("default_factory")
        if factory is not None and not schema.get("default_factory_takes_data"):
            return factory()  # type: ignore[call-arg]
        return schema.get("default", NoDefault)

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, BaseModel):
            return dft.model_dump(mode="json", exclude_none=True)
        if isinstance(dft, list):
            return [self.encode_default(item) for item in dft]
        return super().encode_default(dft)


def structural_schema(model: type[BaseModel], *, defaults: bool) -> Schema:
    """The schema of `model`; without `defaults` for statuses, where the API server must invent nothing.

    Raises ValueError for what a structural schema cannot say, and for a pattern without a sentence.
    """
    whole = model.model_json_schema(schema_generator=_WithFactories)
    return _Translation(whole.get("$defs", {}), defaults=defaults).node(whole)


class _Translation:
    def __init__(self, definitions: dict[str, Schema], *, defaults: bool) -> None:
        self._definitions = definitions
        self._defaults = defaults

    def node(self, source: Schema) -> Schema:
        """One schema node and everything below it."""
        resolved = self._resolved(source)
        result = {key: value for key, value in resolved.items() if key not in _DROPPED}
        self._set_default(result)
        self._set_bounds(result)
        self._set_pattern(result)
        if "type" not in result:
            msg = f"not expressible as a structural schema: {source}"
            raise ValueError(msg)
        if result.get(_INT_OR_STRING):
            del result["type"]
        self._set_children(result)
        return result

    def _resolved(self, source: Schema) -> Schema:
        """References and optionals replaced by what they stand for; the outer description and default win."""
        merged = dict(source)
        while "$ref" in merged or "anyOf" in merged:
            outer = {key: value for key, value in merged.items() if key not in {"$ref", "anyOf"}}
            referenced = merged["$ref"].rsplit("/", 1)[-1] if "$ref" in merged else None
            inner = self._definitions[referenced] if referenced else _not_null(merged["anyOf"])
            merged = {**inner, **outer}
        return merged

    def _set_default(self, schema: Schema) -> None:
        default = schema.pop("default", None)
        if default is not None and self._defaults:
            schema["default"] = _plain_number(default)

    @staticmethod
    def _set_bounds(schema: Schema) -> None:
        for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if exclusive in schema:
                schema[bound], schema[exclusive] = schema[exclusive], True
        if schema.get("type") == "integer":
            schema["format"] = "int64"

    @staticmethod
    def _set_pattern(schema: Schema) -> None:
        pattern, message = schema.pop("pattern", None), schema.pop(PATTERN_MESSAGE, None)
        if (pattern is None) != (message is None):
            msg = f"a pattern and its sentence belong together, use base.matching: {schema}"
            raise ValueError(msg)
        if pattern is not None:
            # A number or text has no type to CEL until it is made one.
            text = "string(self)" if schema.get(_INT_OR_STRING) else "self"
            schema["x-kubernetes-validations"] = [{"rule": f"{text}.matches(r'{pattern}')", "message": message}]

    def _set_children(self, schema: Schema) -> None:
        further = schema.pop("additionalProperties", False)
        if further is True:
            schema["x-kubernetes-preserve-unknown-fields"] = True
        elif further:
            schema["additionalProperties"] = self.node(further)
        if "properties" in schema:
            schema["properties"] = {name: self.node(child) for name, child in schema["properties"].items()}
        if "items" in schema:
            schema["items"] = self.node(schema["items"])
            schema.setdefault("x-kubernetes-list-type", "atomic")


def _not_null(alternatives: list[Schema]) -> Schema:
    others = [schema for schema in alternatives if schema.get("type") != "null"]
    if len(others) != 1:
        msg = f"a structural schema has no unions: {alternatives}"
        raise ValueError(msg)
    return others[0]


def _plain_number(default: Any) -> Any:
    """95.0 as 95, also inside: what the API server would store."""
    if isinstance(default, dict):
        return {key: _plain_number(value) for key, value in default.items()}
    if isinstance(default, list):
        return [_plain_number(value) for value in default]
    return int(default) if isinstance(default, float) and default.is_integer() else default
